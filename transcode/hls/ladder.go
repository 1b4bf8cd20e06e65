package hls

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runnel/models"
)

// MasterOptions says what kind of master MasterFor makes.
type MasterOptions struct {
	// Live: the release is still being transcoded. Only renditions that keep
	// ahead of a viewer are named, each with its cap as BANDWIDTH, since nothing
	// is measured yet; the player starts at 0; there are no I-frame playlists.
	Live bool
	// IFrames holds what MeasureIFrames found, by rendition; those that are not
	// in it have no I-frame playlist. Nil: every video rendition has one, and its
	// bandwidth is declared as the rendition's, which it cannot exceed.
	IFrames map[string]Measured
	// Subtitles are the captions; see Master.SetSubtitles.
	Subtitles []Subtitle
}

const (
	// cheapHeight is up to where the cheapest stereo sound goes with a picture.
	cheapHeight = 360
	// startBandwidth is what most viewers can take at once: players start with
	// the first variant, and Apple's rules ask for about this.
	startBandwidth = 2_000_000
)

// MasterFor returns the master playlist of the renditions: with pictures, their
// variants over audio groups; without, a variant for each rendition of sound.
// FLAC beside other sound is not named: it is to be chosen, never automatic, and
// stands in the playlist of LosslessFor. No variants means that nothing can be
// played yet.
func MasterFor(renditions []models.Rendition, opts MasterOptions) Master {
	l := newLadder(renditions, opts)
	m := Master{Independent: true, FromStart: opts.Live}
	if len(l.video) == 0 {
		m.Audio, m.Variants = l.soundOnly()
		startFirst(m.Variants)
	} else {
		m.Audio, m.Variants = l.media(), l.variants()
		m.IFrames = l.iframes()
	}
	m.SetSubtitles(opts.Subtitles)
	return m
}

// ladder is the renditions in order of their bandwidth.
type ladder struct {
	opts   MasterOptions
	video  []models.Rendition
	groups []group
}

// group is an audio group: the same sound, once in each language.
type group struct {
	id       string
	channels int
	members  []models.Rendition
	peak     int
	average  int
}

func newLadder(renditions []models.Rendition, opts MasterOptions) *ladder {
	l := &ladder{opts: opts}
	byID := map[string]group{}
	for _, r := range audible(renditions) {
		if opts.Live && !r.Live {
			continue
		}
		if r.Media == models.MediaVideo {
			l.video = append(l.video, r)
			continue
		}
		peak, average := l.rates(r)
		id := cmp.Or(r.Group, "audio")
		g := byID[id]
		g.id, g.members = id, append(g.members, r)
		g.channels = max(g.channels, r.Channels)
		g.peak, g.average = max(g.peak, peak), max(g.average, average)
		byID[id] = g
	}
	align(byID)
	l.groups = slices.SortedFunc(maps.Values(byID), func(a, b group) int {
		return cmp.Or(a.channels-b.channels, a.peak-b.peak, strings.Compare(a.id, b.id))
	})
	slices.SortStableFunc(l.video, func(a, b models.Rendition) int {
		return cmp.Or(a.Height-b.Height, a.Bandwidth-b.Bandwidth)
	})
	return l
}

// rates returns what is declared of a rendition.
func (l *ladder) rates(r models.Rendition) (peak, average int) {
	if l.opts.Live {
		return r.Cap, 0
	}
	return r.Bandwidth, r.AverageBandwidth
}

func (l *ladder) media() []Audio {
	var out []Audio
	for _, g := range l.groups {
		names := map[string]int{}
		for i, r := range g.members {
			out = append(out, Audio{
				Group: quotable(g.id), Name: unique(names, trackName(r)), Language: language(r), Default: i == 0,
				AutoSelect: true, Channels: r.Channels, URI: PlaylistPath(r.ID),
			})
		}
	}
	return out
}

func trackName(r models.Rendition) string {
	if name := quotable(r.Name); name != "" {
		return name
	}
	return cmp.Or(language(r), "Audio")
}

// unique numbers a name that is there already: names in a group differ.
func unique(names map[string]int, name string) string {
	names[name]++
	if n := names[name]; n > 1 {
		return unique(names, fmt.Sprintf("%s %d", name, n))
	}
	return name
}

func language(r models.Rendition) string {
	if r.Language == "und" {
		return ""
	}
	return quotable(r.Language)
}

// startFirst moves the variant that a player should start with to the front.
func startFirst(variants []Variant) {
	best := 0
	for i, v := range variants {
		if v.Bandwidth <= startBandwidth && v.Bandwidth > variants[best].Bandwidth {
			best = i
		}
	}
	for ; best > 0; best-- {
		variants[best-1], variants[best] = variants[best], variants[best-1]
	}
}
