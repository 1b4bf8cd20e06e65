package hls

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The types of a media playlist: VOD never changes, EVENT only grows.
const (
	VOD   = "VOD"
	Event = "EVENT"
)

// version is that of EXT-X-MAP outside of I-frame playlists and more; what
// Apple asks of fragmented MP4.
const version = 7

// Media is a media playlist. With IFrames it is an I-frame playlist, whose
// segments are the key frames at their starts.
type Media struct {
	Target      int // seconds: no segment, rounded, is longer
	Type        string
	Independent bool
	IFrames     bool
	Map         string // URI of the init segment
	Segments    []Segment
	End         bool
	version     int
}

// Segment is one entry of a media playlist.
type Segment struct {
	URI      string
	Duration time.Duration // written in microseconds
	Length   int64         // bytes from the start that belong to it; 0: all
}

// Encode returns the playlist's text.
func (m *Media) Encode() []byte {
	var out strings.Builder
	out.WriteString("#EXTM3U\n")
	copy := *m
	copy.version = version
	writeTags(&out, mediaTags(), &copy)
	for i := range m.Segments {
		writeTags(&out, segmentTags(), &m.Segments[i])
		out.WriteString(m.Segments[i].URI + "\n")
	}
	writeTags(&out, endTags(), &copy)
	return []byte(out.String())
}

func mediaTags() []tag[Media] {
	return []tag[Media]{
		{"#EXT-X-VERSION", func(m *Media) (string, bool) { return writeInt(m.version), true },
			func(m *Media, s string) (err error) { m.version, err = readInt(s); return err }},
		{"#EXT-X-TARGETDURATION", func(m *Media) (string, bool) { return writeInt(m.Target), true },
			func(m *Media, s string) (err error) { m.Target, err = readInt(s); return err }},
		{"#EXT-X-MEDIA-SEQUENCE", func(*Media) (string, bool) { return "0", true },
			func(_ *Media, s string) error { return fixed(s, "0") }},
		{"#EXT-X-PLAYLIST-TYPE", func(m *Media) (string, bool) { return m.Type, m.Type != "" },
			func(m *Media, s string) error { m.Type = s; return fixed(s, VOD, Event) }},
		{"#EXT-X-INDEPENDENT-SEGMENTS", func(m *Media) (string, bool) { return "", m.Independent },
			func(m *Media, s string) error { m.Independent = true; return fixed(s, "") }},
		{"#EXT-X-I-FRAMES-ONLY", func(m *Media) (string, bool) { return "", m.IFrames },
			func(m *Media, s string) error { m.IFrames = true; return fixed(s, "") }},
		{"#EXT-X-MAP", func(m *Media) (string, bool) { return writeAttrs(mapAttrs(), m), m.Map != "" },
			func(m *Media, s string) error { return readAttrs(mapAttrs(), m, s) }},
	}
}

func mapAttrs() []attr[Media] {
	return []attr[Media]{{"URI", true, func(m *Media) string { return m.Map },
		func(m *Media, s string) (err error) { m.Map, err = readURI(s); return err }}}
}

func segmentTags() []tag[Segment] {
	return []tag[Segment]{
		{"#EXTINF", func(s *Segment) (string, bool) { return writeSeconds(s.Duration) + ",", true },
			func(seg *Segment, s string) (err error) {
				seg.Duration, err = readSeconds(strings.TrimSuffix(s, ","))
				return err
			}},
		{"#EXT-X-BYTERANGE", func(s *Segment) (string, bool) { return writeRange(s.Length), s.Length > 0 },
			func(seg *Segment, s string) (err error) { seg.Length, err = readRange(s); return err }},
	}
}

func endTags() []tag[Media] {
	return []tag[Media]{{"#EXT-X-ENDLIST", func(m *Media) (string, bool) { return "", m.End },
		func(m *Media, s string) error { m.End = true; return fixed(s, "") }}}
}

func fixed(s string, allowed ...string) error {
	for _, a := range allowed {
		if s == a {
			return nil
		}
	}
	return fmt.Errorf("value %q", clip(s))
}

// ParseMedia reads a media or I-frame playlist. Errors wrap models.ErrInvalid
// or models.ErrTooLarge.
func ParseMedia(r io.Reader) (*Media, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, err
	}
	p := &mediaParser{seen: map[string]bool{}, inSegment: map[string]bool{}}
	for _, line := range lines {
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	return &p.m, p.check()
}

type mediaParser struct {
	m         Media
	seen      map[string]bool // tags of the playlist
	next      Segment
	inSegment map[string]bool // tags of the segment that comes next
}

func (p *mediaParser) line(line string) error {
	if p.m.End {
		return malformed("%q after the end", clip(line))
	}
	if line[0] != '#' {
		return p.uri(line)
	}
	name, value, _ := strings.Cut(line, ":")
	if found, err := readTag(segmentTags(), &p.next, p.inSegment, name, value); found {
		return err
	}
	if found, err := readTag(endTags(), &p.m, p.seen, name, value); found {
		return err
	}
	if len(p.m.Segments) > 0 || len(p.inSegment) > 0 {
		return malformed("%s among segments", clip(name))
	}
	if found, err := readTag(mediaTags(), &p.m, p.seen, name, value); found {
		return err
	}
	return malformed("unknown tag %s", clip(name))
}

func (p *mediaParser) uri(line string) (err error) {
	if p.next.URI, err = readURI(line); err != nil {
		return malformed("%v", err)
	}
	if !p.inSegment["#EXTINF"] || len(p.m.Segments) == maxSegments {
		return malformed("segment %d", len(p.m.Segments))
	}
	p.m.Segments = append(p.m.Segments, p.next)
	p.next = Segment{}
	clear(p.inSegment)
	return nil
}

func (p *mediaParser) check() error {
	for _, name := range []string{"#EXT-X-VERSION", "#EXT-X-TARGETDURATION"} {
		if !p.seen[name] {
			return malformed("no %s", name)
		}
	}
	if len(p.inSegment) > 0 {
		return malformed("ends inside a segment")
	}
	if p.m.Target == 0 || p.m.version > version || p.m.version < 1 {
		return malformed("target duration %d, version %d", p.m.Target, p.m.version)
	}
	for _, s := range p.m.Segments {
		if roundSeconds(s.Duration) > p.m.Target {
			return malformed("segment %s is longer than the target duration", s.URI)
		}
	}
	return nil
}

func roundSeconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
