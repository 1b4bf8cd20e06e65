package transcode

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/transcode/hls"
)

// Result is what was measured while the renditions were made.
type Result struct {
	// Renditions are the plan's with Codec, and for sound Channels, Priming,
	// Padding and Samples. Sizes and bit rates are known to whoever kept the
	// segments.
	Renditions []models.Rendition
	Duration   time.Duration    // of a track as it was decoded; of a video as planned
	Loudness   *models.Loudness // of the default sound stream; nil for silence
	Poster     string           // local file for PosterPath, or empty
	Cover      string           // local file for CoverPath, or empty
	Likeness   models.Likeness  // of what could be measured
	Beside     []Sidecar        // all other files
	Captions   []hls.Subtitle   // of those; for the master playlist
}

// job is one Run.
type job struct {
	t      *Transcoder
	plan   *Plan
	source string
	dir    string
	done   Done
	sink   *turns
	meter  *meter
	opens  *opening
}

// Run makes the renditions of a plan. It works in dir, which is the job's own:
// stills and facts stay there for the caller and for a later attempt, until the
// caller removes it. An interrupted run is continued by calling it again with
// the same plan and folder, and with what is done.
//
// progress is called from one goroutine at a time, with a fraction that never
// falls. A source that turns out to be bad gives a *models.Fault; after every
// other error the run may be tried again.
func (t *Transcoder) Run(ctx context.Context, p Plan, source, dir string, done Done, sink Sink, progress func(fraction float64)) (Result, error) {
	if done == nil {
		done = func(string, int) bool { return false }
	}
	j := &job{
		t: t, plan: &p, source: source, dir: dir, done: done,
		sink: &turns{sink: sink}, meter: newMeter(p.totalWeight(), progress),
	}
	if err := j.clear(); err != nil {
		return Result{}, fmt.Errorf("transcode: %w", err)
	}
	j.forgetful()
	j.opens = newOpening(j.plan, j.done)
	var r Result
	g, gctx := errgroup.WithContext(ctx)
	var board []Sidecar
	g.Go(func() error {
		if err := j.picture(gctx); err != nil {
			return err
		}
		g.Go(func() error { r.Likeness.Pictures = j.pictureLikeness(gctx); return nil })
		files, err := j.storyboard(gctx)
		board = files
		return err
	})
	g.Go(func() error {
		if err := j.sound(gctx); err != nil {
			return err
		}
		if err := j.stills(gctx, &r); err != nil {
			return err
		}
		r.Likeness.Sound = j.soundLikeness(gctx)
		return j.beside(gctx, &r)
	})
	err := g.Wait()
	_ = os.RemoveAll(j.work())
	if ctx.Err() != nil {
		// What an ffmpeg leaves that was told to stop says nothing about the source.
		return Result{}, fmt.Errorf("transcode: %w", ctx.Err())
	}
	if err != nil {
		return Result{}, err
	}
	r.Beside = append(r.Beside, board...)
	return r, j.conclude(&r)
}

// work is the folder that ffmpeg writes in; what an attempt that was killed left
// there is of no use.
func (j *job) work() string { return filepath.Join(j.dir, "work") }

// clear leaves an empty work folder.
func (j *job) clear() error {
	if err := os.RemoveAll(j.work()); err != nil {
		return err
	}
	return os.MkdirAll(j.work(), 0o700)
}

// forgetful makes the first part again of a rendition whose facts were lost, so
// that they are learnt again; counts what is done already.
func (j *job) forgetful() {
	done := j.done
	lost := map[string]bool{}
	for i, r := range j.plan.video() {
		if _, known := loadFacts(j.dir, r.ID); !known {
			lost[r.ID] = true
		}
		for _, part := range j.plan.Parts {
			if done(r.ID, part.Number) {
				j.meter.set(fmt.Sprintf("done %d/%d", part.Number, i), j.plan.weight(i, part.Frames))
			}
		}
	}
	j.done = func(rendition string, part int) bool {
		return done(rendition, part) && !(part == 0 && lost[rendition]) && j.pictured(rendition, part)
	}
}

// conclude fills the result from the facts of all renditions.
func (j *job) conclude(r *Result) error {
	r.Duration = j.plan.Duration
	for i, rendition := range j.plan.Renditions {
		f, ok := loadFacts(j.dir, rendition.ID)
		if !ok {
			return fmt.Errorf("transcode: %s: what was measured is lost: %w", rendition.ID, models.ErrUnavailable)
		}
		rendition.Codec = f.Init.Codec
		if rendition.Media == models.MediaAudio {
			rendition.Channels = f.Init.Channels
			rendition.Priming, rendition.Padding, rendition.Samples = int(f.Init.Shift), f.Padding, f.Samples
			rendition.Duration = durationOf(big.NewRat(max(f.Samples, 0), int64(max(rendition.SampleRate, 1))))
			if f.Loudness != nil {
				r.Loudness = f.Loudness
			}
			if j.plan.Kind == models.KindTrack && i == 0 {
				r.Duration = rendition.Duration
			}
		}
		r.Renditions = append(r.Renditions, rendition)
	}
	return nil
}

// frameSpan returns the seconds of some frames.
func frameSpan(frames int64, rate *big.Rat) *big.Rat {
	return new(big.Rat).Quo(new(big.Rat).SetInt64(frames), rate)
}
