package corpus

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// subtitles are texts that stand beside a film, sent in its place.
func subtitles() []File {
	const one = "1\n00:00:00,000 --> 00:00:02,000\n"
	const vtt = "WEBVTT\n\n00:00.000 --> 00:02.000\n"
	cases := []File{
		{Name: "srt-script", Make: text(evil)},
		{Name: "vtt-script", Make: text(vtt + "<script>alert(1)</script>\n")},
		{Name: "srt-utf-16", Make: raw(func() []byte { return wide(one + "Hello\n") })},
		{Name: "srt-latin-1", Make: text(one + "Gr\xfc\xdfe\n")},
		{Name: "srt-nul", Make: text(one + "a\x00b\n")},
		{Name: "srt-negative", Make: text("1\n-00:00:02,000 --> -00:00:01,000\nHello\n")},
		{Name: "srt-30000-cues", Make: text(strings.Repeat(one+"Hello\n\n", 30_000))},
		{Name: "vtt-60000-tags", Make: text(vtt + strings.Repeat("<b>", 60_000) + "\n")},
		{Name: "vtt-long-cue", Make: text(vtt + strings.Repeat("Hello ", 250_000) + "\n")},
		{Name: "vtt-no-header", Make: text("00:00.000 --> 00:02.000\nHello\n")},
		{Name: "vtt-html-header", Make: text("WEBVTT <script src=http://{NET}/x.js></script>\nSTYLE\n::cue{background:url(http://{NET}/x)}\n\n00:00.000 --> 00:02.000\nHello\n")},
		{Name: "ttml-bomb", Make: text(`<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><tt xmlns="http://www.w3.org/ns/ttml"><body><p>&b;</p></body></tt>`)},
		{Name: "ass-evil", Make: text("[Script Info]\nScriptType: v4.00+\n\n[Fonts]\nfontname: " + gone + "\n\n[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:00.00,0:00:02.00,Default,{\\p1}m 0 0 l 99999999 99999999\n")},
		{Name: "idx-sub", Make: text("# VobSub index file, v7\nlangidx: 0\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n")},
	}
	for i := range cases {
		cases[i].Name = "text-" + cases[i].Name
		cases[i].Want = refused("not_media", "unsupported_container", "no_media_streams")
	}
	return class("subtitle", cases...)
}

// wide is a text in UTF-16 with its mark.
func wide(s string) []byte {
	out := []byte("\xff\xfe")
	for _, r := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, r)
	}
	return out
}
