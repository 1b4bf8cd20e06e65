package transcode

import (
	"context"
	"sync"

	"runnel/models"
)

// Produced is a closed file of a rendition.
type Produced struct {
	models.Segment        // without File
	LocalPath      string // where it lies until Segment returns
	ReleasePath    string // inside the release
}

// Sink takes what Run makes. Its methods are never called at the same time, and
// an error of theirs ends the run.
type Sink interface {
	// Segment is called once for each closed file, in order per rendition, the
	// init segment first. The file may be read until the call returns; then it
	// is deleted. After an interruption a sink sees again what it took of a part
	// that was not done, with the same bytes; and so it does, but with others, of
	// sound that turns out to change its rate or channels on the way.
	Segment(ctx context.Context, s Produced) error
	// PartDone is called when all segments of a part were taken.
	PartDone(ctx context.Context, rendition string, part int) error
}

// Done reports whether an earlier attempt finished a part; it is not encoded
// again.
type Done func(rendition string, part int) bool

// turns lets one caller at a time into a sink.
type turns struct {
	mu   sync.Mutex
	sink Sink
}

func (t *turns) segment(ctx context.Context, s Produced) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sink.Segment(ctx, s)
}

func (t *turns) partDone(ctx context.Context, rendition string, part int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sink.PartDone(ctx, rendition, part)
}

// meter adds up the work that is done, as a fraction of all of it.
type meter struct {
	mu     sync.Mutex
	total  float64
	done   map[string]float64 // of each piece of work
	last   float64
	report func(fraction float64)
}

func newMeter(total float64, report func(float64)) *meter {
	return &meter{total: total, done: map[string]float64{}, report: report}
}

// set says how much of a piece of work is done; it never goes back.
func (m *meter) set(piece string, done float64) {
	if m.report == nil || m.total <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[piece] = max(m.done[piece], done)
	sum := 0.0
	for _, d := range m.done {
		sum += d
	}
	if fraction := min(sum/m.total, 1); fraction > m.last {
		m.last = fraction
		m.report(fraction)
	}
}
