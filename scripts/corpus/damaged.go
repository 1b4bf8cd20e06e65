package corpus

import "bytes"

// broken are the codes of what cannot be played.
func broken() []string {
	return []string{"truncated", "decode_errors", "duration_mismatch", "unsupported_codec", "dimensions", "no_media_streams", "resource_limit", "timeout"}
}

// damaged are films that lost something, or lie. What still plays must play as
// long as there is something to see, whatever it claims.
func damaged() []File {
	maybe := film(1.2).within(0.9).or(broken()...)
	whole := film(2).or(broken()...)
	late, early := patched("mp4-late", cut(0.6)), patched("mp4", cut(0.6))
	header := []string{"moov", "trak", "tkhd"}
	media := []string{"moov", "trak", "mdia", "mdhd"}
	return class("damage",
		File{Name: "trunc-no-moov", Make: late, Want: refused("truncated")},
		File{Name: "trunc-faststart", Make: early, Want: maybe},
		File{Name: "ftyp-only", Make: text("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), Want: refused("truncated")},
		File{Name: "trunc.ts", Make: patched("ts", cut(0.6)), Want: maybe},
		File{Name: "corrupt-mdat", Make: patched("mp4", func(b []byte) []byte { return noise(b, bytes.Index(b, []byte("mdat"))+4, 100, 1) }), Want: whole},
		File{Name: "corrupt-hole", Make: patched("mp4", hole), Want: whole},
		File{Name: "huge-stsz", Make: edited("mp4", table("stsz"), put(8, 0x7fffffff)), Want: whole},
		File{Name: "stco-outside", Make: edited("mp4", table("stco"), put(8, 0x7f000000, 0x7f000001, 0x7f000002)), Want: maybe},
		File{Name: "lying-duration", Make: patched("mp4", longer), Want: film(2)},
		File{Name: "lying-short", Make: edited("mp4", media, put(16, 100)), Want: film(2).or("duration_mismatch")},
		File{Name: "timescale-zero", Make: edited("mp4", media, put(12, 0)), Want: film(2).or(broken()...)},
		File{Name: "box-size-lie", Make: patched("mp4", func(b []byte) []byte { return put(bytes.Index(b, []byte("moov"))-4, 0x7fffffff)(b) }), Want: whole},
		File{Name: "broken-avcc", Make: edited("mp4", append(table("stsd"), "avc1", "avcC"), func(b []byte) []byte { return random(len(b)) }), Want: whole},
		File{Name: "nested-60000", Make: raw(nested), Want: refused("metadata_too_large", "truncated", "not_media", "decode_errors", "no_media_streams")},
		File{Name: "moof-only", Make: patched("mp4-fragments", func(b []byte) []byte { return b[bytes.Index(b, []byte("moof"))-4:] }), Want: refused(broken()...)},
		File{Name: "frag-truncated", Make: patched("mp4-fragments", cut(0.6)), Want: maybe},
		File{Name: "claims-65535", Make: edited("mp4", table("stsd"), put(8+32-8, 0xffffffff)), Want: whole},
		File{Name: "mirror-matrix", Make: edited("mp4", header, put(40, 0xffff0000)), Want: film(2)},
		File{Name: "garbage-matrix", Make: edited("mp4", header, put(40, 0x12345678, 0x9abcdef0, 0x7fffffff, 0x80000000, 0x11111111, 0, 0xdeadbeef, 0, 0)), Want: whole},
		File{Name: "stts-huge-delta", Make: edited("mp4", table("stts"), put(12, 0x3fffffff)), Want: film(2).measured().or(append(broken(), "duration_too_long")...)},
		File{Name: "trunc.mkv", Make: ff2cut("matroska"), Want: maybe},
		File{Name: "trunc.avi", Make: patched("avi", cut(0.6)), Want: maybe},
		File{Name: "no-keyframe", Make: patched("ts", func(b []byte) []byte { return b[len(b)/2/188*188:] }), Want: maybe},
	)
}

func ff2cut(format string) Recipe {
	return beside("cut-whole."+format, ff(format, picture("128x96", "24", 2), tone(2), h264(), aac()),
		fromFile("cut-whole."+format, cut(0.6)))
}

// hole writes zeros over a fifth of the media.
func hole(b []byte) []byte {
	at := bytes.Index(b, []byte("mdat"))
	n := len(b) - at
	clear(b[at+n*2/5 : at+n*3/5])
	return b
}

// longer makes a film say of itself that it lasts ten hours.
func longer(b []byte) []byte {
	b = edit(b, []string{"moov", "mvhd"}, put(16, 36_000_000))
	b = edit(b, []string{"moov", "trak", "tkhd"}, put(20, 36_000_000))
	return edit(b, []string{"moov", "trak", "mdia", "mdhd"}, put(16, 36_000*12288))
}

// nested is a box in a box in a box.
func nested() []byte {
	const deep = 60_000
	out := box("ftyp", []byte("isom\x00\x00\x02\x00isom"))
	for i := range deep {
		size := (deep - i) * 8
		out = append(out, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
		out = append(out, "moov"...)
	}
	return out
}
