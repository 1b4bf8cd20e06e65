package ingest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode"
)

const (
	// batchSize and batchTime bound how long a segment that is held waits
	// before viewers can have it.
	batchSize = 32
	batchTime = 200 * time.Millisecond
)

// sink takes segments while they are made: each becomes blocks at once, and a
// row soon after.
type sink struct {
	w       *Worker
	release string

	mu       sync.Mutex
	segments map[string]map[int]models.Segment // by rendition and number: what the release will hold
	pending  []models.Segment                  // held as blocks, not yet in the catalogue
	playable *playable
	fraction float64
	shown    float64 // the fraction in the catalogue
	last     time.Time
	open     bool          // viewers can begin
	begun    chan struct{} // closed when they can
}

func newSink(w *Worker, release string, renditions []models.Rendition) *sink {
	return &sink{
		w: w, release: release, shown: -1,
		segments: map[string]map[int]models.Segment{}, playable: newPlayable(renditions),
		begun: make(chan struct{}),
	}
}

// keep notes a segment, made now or by an earlier attempt.
func (s *sink) keep(seg models.Segment) {
	of := s.segments[seg.Rendition]
	if of == nil {
		of = map[int]models.Segment{}
		s.segments[seg.Rendition] = of
	}
	of[seg.Number] = seg
	s.playable.add(seg)
}

// Segment implements transcode.Sink.
func (s *sink) Segment(ctx context.Context, p transcode.Produced) error {
	seg := p.Segment
	f, err := os.Open(p.LocalPath)
	if err != nil {
		return fmt.Errorf("ingest: segment: %w", err)
	}
	defer f.Close()
	if seg.File, err = blockset.AddFile(ctx, s.w.deps.Blocks, p.ReleasePath, f); err != nil {
		return fmt.Errorf("ingest: segment %s: %w", p.ReleasePath, err)
	}
	s.w.cfg.Crash(AfterBlockPut)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(seg)
	s.pending = append(s.pending, seg)
	if len(s.pending) >= batchSize || time.Since(s.last) >= batchTime {
		return s.write(ctx)
	}
	return nil
}

// PartDone implements transcode.Sink.
func (s *sink) PartDone(ctx context.Context, rendition string, part int) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	return lost(s.w.deps.Catalog.MarkPart(ctx, s.release, rendition, part), "part")
}

// progress is called by the transcoder with the fraction that is done.
func (s *sink) progress(fraction float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fraction = max(s.fraction, fraction)
}

// tick writes what waits while no new segment comes.
func (s *sink) tick(ctx context.Context, finished <-chan struct{}) error {
	t := time.NewTicker(batchTime)
	defer t.Stop()
	for {
		select {
		case <-finished:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
}

func (s *sink) flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(ctx)
}

// progressStep is the least progress worth a row.
const progressStep = 0.002

// write records the pending segments and how far the work has come.
func (s *sink) write(ctx context.Context) error {
	if len(s.pending) == 0 && s.fraction < s.shown+progressStep {
		return nil
	}
	if len(s.pending) > 0 {
		if err := s.w.deps.Catalog.AddSegments(ctx, s.release, s.pending); err != nil {
			return lost(err, "segments")
		}
		s.pending = s.pending[:0]
	}
	s.last, s.shown = time.Now(), s.fraction
	playable := s.playable.seconds()
	if err := s.w.deps.Catalog.SetProgress(ctx, s.release, s.fraction, playable); err != nil {
		return lost(err, "progress")
	}
	if playable > 0 && !s.open {
		s.open = true
		close(s.begun)
	}
	return nil
}
