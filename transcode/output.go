package transcode

import (
	"context"
	"path/filepath"

	"runnel/models"
	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

// output is a rendition's folder that a running ffmpeg writes.
type output struct {
	id   string
	dir  string
	part int
	next int // number of the segment that is awaited
	last int // number of the last one of the part; -1: known only at the end
	// full returns whether a segment is whole. ffmpeg closes a short one when it
	// is told to stop, and that one must not get out.
	full func(number int, s segmentFacts, timescale uint32) bool
	// first is the number of the part's first segment; the part that has the
	// film's first hands the init segment over.
	first int

	gate      <-chan struct{} // closed when the rendition's part before was handed over; nil: at once
	delivered chan struct{}   // closed when this part was
	// whole is called when ffmpeg ended well and all was handed over; may be nil.
	whole func(ctx context.Context, outs ...*output) error

	facts   facts
	seen    bool // the init segment of this run was read
	samples uint64
}

// open reports whether the part before was handed over.
func (o *output) open() bool {
	if o.gate == nil {
		return true
	}
	select {
	case <-o.gate:
		return true
	default:
		return false
	}
}

// learnInit reads the init segment once a run; it is complete before the first
// segment gets its name.
func (j *job) learnInit(ctx context.Context, o *output) error {
	if o.seen {
		return nil
	}
	// Read only now: the part before has left its facts.
	o.facts, _ = loadFacts(j.dir, o.id)
	path := filepath.Join(o.dir, ffmpeg.InitFile)
	init, err := readInit(path)
	if err != nil {
		return err
	}
	if err := o.facts.learn(init); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	o.seen = true
	if o.first > 0 {
		return nil
	}
	return j.sink.segment(ctx, Produced{
		Segment:   models.Segment{Rendition: o.id, Number: models.InitNumber, Part: o.part},
		LocalPath: path, ReleasePath: hls.InitPath(o.id),
	})
}
