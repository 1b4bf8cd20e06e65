package transcode

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

// pollEvery is how often the folders of a running ffmpeg are looked at.
const pollEvery = 20 * time.Millisecond

// encode runs one ffmpeg and hands every segment over as soon as it is closed
// and its turn has come. It calls release when ffmpeg has ended.
func (j *job) encode(ctx context.Context, c ffmpeg.Command, outs []*output, release func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- j.t.runner.Run(ctx, c) }()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			release()
			if err != nil {
				return err
			}
			return j.collectRest(ctx, outs)
		case <-tick.C:
			if err := j.collect(ctx, outs, false); err != nil {
				cancel()
				<-ended
				return err
			}
		}
	}
}

// collectRest hands over what is left after ffmpeg ended well, of one output
// after the other.
func (j *job) collectRest(ctx context.Context, outs []*output) error {
	for n, o := range outs {
		if o.gate != nil {
			select {
			case <-o.gate:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := j.collect(ctx, outs[n:n+1], true); err != nil {
			return err
		}
		if o.whole == nil {
			continue
		}
		if err := o.whole(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// collect hands over what is closed. While ffmpeg runs, only whole segments;
// after it ended well, the rest.
func (j *job) collect(ctx context.Context, outs []*output, ended bool) error {
	for _, o := range outs {
		for o.open() {
			more, err := j.collectOne(ctx, o, ended)
			if err != nil {
				return fmt.Errorf("%s: segment %d: %w", o.id, o.next, err)
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// collectOne hands the next segment over, if it is there. Segments get their
// name when they are closed.
func (j *job) collectOne(ctx context.Context, o *output, ended bool) (bool, error) {
	path := filepath.Join(o.dir, ffmpeg.SegmentFile(o.next))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if ended && o.last >= 0 && o.next <= o.last {
			return false, fmt.Errorf("is missing: %w", ffmpeg.NewFault(ffmpeg.CodeDecodeErrors))
		}
		return false, nil
	}
	s, err := readSegment(path)
	if errors.Is(err, errNoSamples) && o.last < 0 {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := j.learnInit(ctx, o); err != nil {
		return false, err
	}
	whole := o.full(o.next, s, o.facts.Init.Timescale)
	if !whole && (!ended || o.last >= 0) {
		if ended {
			return false, fmt.Errorf("is short: %w", ffmpeg.NewFault(ffmpeg.CodeDecodeErrors))
		}
		return false, nil
	}
	// Only now: what was read before may be there because the run was stopped.
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return true, j.handOver(ctx, o, s, path)
}

func (j *job) handOver(ctx context.Context, o *output, s segmentFacts, path string) error {
	p := Produced{
		Segment: models.Segment{
			Rendition: o.id, Number: o.next, Part: o.part,
			Duration: ticks(s.Duration, o.facts.Init.Timescale),
		},
		LocalPath: path, ReleasePath: hls.SegmentPath(o.id, o.next),
	}
	if o.facts.Init.Channels == 0 {
		p.KeyBytes = s.KeyBytes
	}
	if err := j.keepPicture(o, s, path); err != nil {
		return fmt.Errorf("storyboard: %w", err)
	}
	if err := j.keepMoment(o, path); err != nil {
		return fmt.Errorf("likeness: %w", err)
	}
	if err := j.sink.segment(ctx, p); err != nil {
		return err
	}
	if p.Number == 0 {
		j.opens.delivered(o.id)
	}
	o.samples += s.Duration
	o.next++
	return os.Remove(path)
}

// ticks converts a time in a track's timescale.
func ticks(n uint64, timescale uint32) time.Duration {
	return durationOf(big.NewRat(int64(n), int64(max(timescale, 1))))
}
