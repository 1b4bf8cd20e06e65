package hls

import (
	"slices"
	"strings"

	"runnel/models"
)

// variants pairs pictures and sound, from the smallest picture up; surround
// stands behind everything that plays on any device.
func (l *ladder) variants() []Variant {
	groups := l.groups
	if len(groups) == 0 {
		groups = []group{{}}
	}
	var plain, surround []Variant
	for i, r := range l.video {
		for n, g := range groups {
			switch {
			case !l.paired(i, n):
			case g.channels > 2:
				surround = append(surround, l.variant(r, g))
			default:
				plain = append(plain, l.variant(r, g))
			}
		}
	}
	startFirst(plain)
	return append(plain, surround...)
}

// paired: the cheapest stereo goes with small pictures and the best with large
// ones, surround with all of them, and every group with at least one.
func (l *ladder) paired(video, n int) bool {
	stereo := 0
	for _, g := range l.groups {
		if g.channels <= 2 {
			stereo++
		}
	}
	small, lowest, highest := l.video[video].Height <= cheapHeight, video == 0, video == len(l.video)-1
	switch {
	case n >= stereo || stereo <= 1:
		return true
	case n == 0:
		return small || lowest
	case n == stereo-1:
		return !small || highest
	}
	return highest
}

func (l *ladder) variant(r models.Rendition, g group) Variant {
	peak, average := l.rates(r)
	return Variant{
		Bandwidth: peak + g.peak, AverageBandwidth: average + g.average, Codecs: codecs(r.Codec, g.members),
		Width: r.Width, Height: r.Height, FrameRate: milli(r.FrameRate), Audio: quotable(g.id), URI: PlaylistPath(r.ID),
	}
}

func codecs(first string, members []models.Rendition) string {
	var out []string
	add := func(c string) {
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	add(first)
	for _, r := range members {
		add(r.Codec)
	}
	return strings.Join(out, ",")
}

// soundOnly makes a variant of each group; groups of several languages stand as
// such, so that a player does not change the language with the bit rate, and so
// does surround, whose channels only a group can tell.
func (l *ladder) soundOnly() ([]Audio, []Variant) {
	var media []Audio
	if slices.ContainsFunc(l.groups, func(g group) bool { return len(g.members) > 1 || g.channels > 2 }) {
		media = l.media()
	}
	var out []Variant
	for _, g := range l.groups {
		v := Variant{
			Bandwidth: g.peak, AverageBandwidth: g.average, Codecs: codecs("", g.members),
			URI: PlaylistPath(g.members[0].ID),
		}
		if media != nil {
			v.Audio = quotable(g.id)
		}
		out = append(out, v)
	}
	return media, out
}

func (l *ladder) iframes() []IFrame {
	if l.opts.Live {
		return nil
	}
	var out []IFrame
	for _, r := range l.video {
		m := Measured{Bandwidth: r.Bandwidth}
		if l.opts.IFrames != nil {
			m = l.opts.IFrames[r.ID]
		}
		if m.Bandwidth == 0 {
			continue
		}
		out = append(out, IFrame{
			Bandwidth: m.Bandwidth, AverageBandwidth: m.AverageBandwidth, Codecs: r.Codec,
			Width: r.Width, Height: r.Height, URI: IFramePath(r.ID),
		})
	}
	return out
}
