package hls

import (
	"fmt"
	"io"
	"strings"
)

// Master is a master playlist.
type Master struct {
	Independent bool
	FromStart   bool // EXT-X-START at 0: an EVENT playlist is watched from its start
	Audio       []Audio
	Subtitles   []Subtitle // see SetSubtitles
	Variants    []Variant
	IFrames     []IFrame
	version     int
}

// Audio is an EXT-X-MEDIA of an audio group.
type Audio struct {
	Group      string
	Name       string
	Language   string // BCP 47
	Default    bool
	AutoSelect bool
	Channels   int
	URI        string
}

// Variant is an EXT-X-STREAM-INF and its playlist. Bandwidths are in bits per
// second and include the audio group.
type Variant struct {
	Bandwidth        int
	AverageBandwidth int
	Codecs           string // RFC 6381, with commas
	Width, Height    int
	FrameRate        int // frames in 1000 seconds
	Audio            string
	Subtitles        string // group; empty: none
	URI              string
}

// IFrame is an EXT-X-I-FRAME-STREAM-INF.
type IFrame struct {
	Bandwidth        int
	AverageBandwidth int
	Codecs           string
	Width, Height    int
	URI              string
}

// The tags of a master that stand more than once.
const (
	mediaTag   = "#EXT-X-MEDIA"
	variantTag = "#EXT-X-STREAM-INF"
	iframeTag  = "#EXT-X-I-FRAME-STREAM-INF"
)

// Encode returns the playlist's text.
func (m *Master) Encode() []byte {
	var out strings.Builder
	out.WriteString("#EXTM3U\n")
	copy := *m
	copy.version = version
	writeTags(&out, masterTags(), &copy)
	for i := range m.Audio {
		fmt.Fprintf(&out, "%s:%s\n", mediaTag, writeAttrs(audioAttrs(), &m.Audio[i]))
	}
	m.writeSubtitles(&out)
	for i := range m.Variants {
		v := &m.Variants[i]
		fmt.Fprintf(&out, "%s:%s\n%s\n", variantTag, writeAttrs(variantAttrs(), v), v.URI)
	}
	for i := range m.IFrames {
		fmt.Fprintf(&out, "%s:%s\n", iframeTag, writeAttrs(iframeAttrs(), &m.IFrames[i]))
	}
	return []byte(out.String())
}

// ParseMaster reads a master playlist. Errors wrap models.ErrInvalid or
// models.ErrTooLarge.
func ParseMaster(r io.Reader) (*Master, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, err
	}
	p := &masterParser{seen: map[string]bool{}}
	for _, line := range lines {
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	return &p.m, p.check()
}

type masterParser struct {
	m    Master
	seen map[string]bool
	open bool // the last variant waits for its URI
}

func (p *masterParser) line(line string) (err error) {
	if (line[0] != '#') != p.open {
		return malformed("line %q", clip(line))
	}
	if p.open {
		p.open = false
		v := &p.m.Variants[len(p.m.Variants)-1]
		if v.URI, err = readURI(line); err != nil {
			return malformed("%v", err)
		}
		return nil
	}
	if len(p.m.Audio)+len(p.m.Subtitles)+len(p.m.Variants)+len(p.m.IFrames) == maxEntries {
		return malformed("more than %d entries", maxEntries)
	}
	name, value, _ := strings.Cut(line, ":")
	if err := p.tag(name, value); err != nil {
		return malformed("%s: %v", clip(name), err)
	}
	return nil
}

func (p *masterParser) tag(name, value string) error {
	switch {
	case name == mediaTag && strings.HasPrefix(value, subtitleType):
		p.m.Subtitles = append(p.m.Subtitles, Subtitle{})
		return readAttrs(subtitleAttrs(), &p.m.Subtitles[len(p.m.Subtitles)-1], value)
	case name == mediaTag:
		p.m.Audio = append(p.m.Audio, Audio{})
		return readAttrs(audioAttrs(), &p.m.Audio[len(p.m.Audio)-1], value)
	case name == variantTag:
		p.open = true
		p.m.Variants = append(p.m.Variants, Variant{})
		return readAttrs(variantAttrs(), &p.m.Variants[len(p.m.Variants)-1], value)
	case name == iframeTag:
		p.m.IFrames = append(p.m.IFrames, IFrame{})
		return readAttrs(iframeAttrs(), &p.m.IFrames[len(p.m.IFrames)-1], value)
	}
	found, err := readTag(masterTags(), &p.m, p.seen, name, value)
	if !found {
		return fmt.Errorf("unknown tag")
	}
	return err
}

// check: what a player needs is there, and groups that are named exist.
func (p *masterParser) check() error {
	if p.open || p.m.version < 1 || p.m.version > version {
		return malformed("version %d, or a variant without its URI", p.m.version)
	}
	groups := map[string]bool{}
	for _, a := range p.m.Audio {
		if a.Group == "" || a.Name == "" || a.URI == "" || a.Default && !a.AutoSelect {
			return malformed("audio %q", clip(a.Name))
		}
		groups[a.Group] = true
	}
	for _, v := range p.m.Variants {
		if v.Bandwidth == 0 || v.Audio != "" && !groups[v.Audio] {
			return malformed("variant %s", v.URI)
		}
	}
	for _, f := range p.m.IFrames {
		if f.Bandwidth == 0 || f.URI == "" {
			return malformed("I-frame variant %s", f.URI)
		}
	}
	return p.m.checkSubtitles()
}
