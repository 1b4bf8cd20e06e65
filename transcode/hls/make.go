package hls

import (
	"slices"
	"time"

	"runnel/models"
)

// MediaOptions says what kind of media playlist MediaFor makes.
type MediaOptions struct {
	Type   string // VOD or Event
	End    bool   // nothing follows
	IFrame bool   // an I-frame playlist: one entry a segment, its first sample
	// Target is the least target duration. A playlist that still grows needs
	// it: the target duration must not change as segments come (RFC 8216bis
	// §4.4.3.1), so it has to be there before the longest segment is.
	Target time.Duration
}

// MediaFor returns the playlist of one rendition over its segments, in order of
// their numbers from 0 up to the first that is missing. An init segment among
// them is not listed; it is always named.
func MediaFor(segs []models.Segment, opts MediaOptions) Media {
	m := Media{
		Type: opts.Type, End: opts.End, IFrames: opts.IFrame, Independent: !opts.IFrame,
		Map: initURI, Target: max(1, roundSeconds(opts.Target)),
	}
	for i, s := range inOrder(segs) {
		if s.Number != i {
			break
		}
		entry := Segment{URI: segmentURI(i), Duration: s.Duration}
		if opts.IFrame {
			entry.Length = s.KeyBytes
		}
		m.Segments = append(m.Segments, entry)
		m.Target = max(m.Target, roundSeconds(s.Duration))
	}
	return m
}

// IFrameFor returns the I-frame playlist of a whole rendition.
func IFrameFor(segs []models.Segment) Media {
	return MediaFor(segs, MediaOptions{Type: VOD, End: true, IFrame: true})
}

// inOrder returns the segments without the init segment, by number.
func inOrder(segs []models.Segment) []models.Segment {
	out := slices.DeleteFunc(slices.Clone(segs), func(s models.Segment) bool { return s.Number < 0 })
	slices.SortStableFunc(out, func(a, b models.Segment) int { return a.Number - b.Number })
	return out
}
