package hls

import (
	"fmt"
	"strings"
	"time"
)

// Subtitle is an EXT-X-MEDIA of the subtitle group: captions in one language.
// None of them is shown before a viewer asks for it.
type Subtitle struct {
	Name     string
	Language string // BCP 47, or empty
	Hearing  bool   // for those who do not hear: sounds are described too
	URI      string
}

// subtitleGroup is the one group of captions, which every variant names.
const subtitleGroup = "captions"

// hearing is what Apple's rules have stand for captions for the deaf.
const hearing = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"

// subtitleType begins the attributes of a Subtitle, and of nothing else.
const subtitleType = "TYPE=SUBTITLES,"

func subtitleAttrs() []attr[Subtitle] {
	always := func(name, value string, quoted bool) attr[Subtitle] {
		return attr[Subtitle]{name, quoted, func(*Subtitle) string { return value },
			func(_ *Subtitle, s string) error { return fixed(s, value) }}
	}
	return []attr[Subtitle]{
		always("TYPE", "SUBTITLES", false),
		always("GROUP-ID", subtitleGroup, true),
		text("NAME", func(s *Subtitle) *string { return &s.Name }),
		text("LANGUAGE", func(s *Subtitle) *string { return &s.Language }),
		always("DEFAULT", "NO", false),
		always("AUTOSELECT", "YES", false),
		always("FORCED", "NO", false),
		{"CHARACTERISTICS", true, func(s *Subtitle) string {
			if s.Hearing {
				return hearing
			}
			return ""
		}, func(s *Subtitle, v string) error { s.Hearing = true; return fixed(v, hearing) }},
		uri(func(s *Subtitle) *string { return &s.URI }),
	}
}

// SetSubtitles makes these the captions of the master, with names that differ,
// and lets every variant name their group.
func (m *Master) SetSubtitles(all []Subtitle) {
	m.Subtitles = nil
	names := map[string]int{}
	for _, s := range all {
		s.Name, s.Language = quotable(s.Name), quotable(s.Language)
		if s.Name == "" {
			s.Name = "Captions"
		}
		s.Name = unique(names, s.Name)
		m.Subtitles = append(m.Subtitles, s)
	}
	for i := range m.Variants {
		m.Variants[i].Subtitles = ""
		if len(all) > 0 {
			m.Variants[i].Subtitles = subtitleGroup
		}
	}
}

// checkSubtitles: captions have what a player needs, and the group that variants
// name is there.
func (m *Master) checkSubtitles() error {
	for _, s := range m.Subtitles {
		if s.Name == "" || s.URI == "" {
			return malformed("captions %q", clip(s.Name))
		}
	}
	for _, v := range m.Variants {
		if v.Subtitles != "" && (v.Subtitles != subtitleGroup || len(m.Subtitles) == 0) {
			return malformed("captions of variant %s", v.URI)
		}
	}
	return nil
}

func (m *Master) writeSubtitles(out *strings.Builder) {
	for i := range m.Subtitles {
		fmt.Fprintf(out, "%s:%s\n", mediaTag, writeAttrs(subtitleAttrs(), &m.Subtitles[i]))
	}
}

// SubtitleFile is the one segment of a playlist of captions.
const SubtitleFile = "0.vtt"

// SubtitlesFor returns the playlist of captions for so long a film: all of them
// are one segment, as text is small.
func SubtitlesFor(duration time.Duration) Media {
	duration = max(duration, time.Second)
	return Media{
		Type: VOD, End: true, Target: roundSeconds(duration + 500*time.Millisecond),
		Segments: []Segment{{URI: SubtitleFile, Duration: duration}},
	}
}
