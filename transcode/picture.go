package transcode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// picture encodes the video renditions. Each run of ffmpeg works on one core, so
// several parts are made at a time; they are handed over in order.
func (j *job) picture(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	slots := make(chan struct{}, j.t.workers)
	start, course, gates := time.Now(), newCourse(j.plan, j.done, j.t.workers), j.gates()
	now := func() float64 { return time.Since(start).Seconds() }
	for {
		if err := j.turn(gctx, course, now, slots); err != nil {
			return errors.Join(g.Wait(), ctx.Err())
		}
		task := course.next(now())
		if task == nil {
			return g.Wait()
		}
		outs := j.partOutputs(*task, gates)
		release := sync.OnceFunc(func() { course.ended(task, now()); <-slots })
		g.Go(func() error {
			defer release()
			if err := j.encodePart(gctx, *task, outs, release); err != nil {
				return explained(fmt.Sprintf("part %d", task.part.Number), err)
			}
			return nil
		})
	}
}

// turn waits until a run may begin: what is not of the opening lets that pass,
// and every run takes a slot.
func (j *job) turn(ctx context.Context, course *course, now func() float64, slots chan<- struct{}) error {
	if !course.opening() {
		select {
		case <-j.opens.there:
			course.opens(now())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gate lets a part of a rendition be handed over after the one before.
type gate struct {
	opens <-chan struct{} // closed when the part before was handed over; nil: at once
	next  chan struct{}   // to be closed when this one was
}

// gates returns those of all that is to be made.
func (j *job) gates() map[piece]gate {
	all := map[piece]gate{}
	for i, r := range j.plan.video() {
		var before chan struct{}
		for _, part := range j.plan.Parts {
			if !j.done(r.ID, part.Number) {
				next := make(chan struct{})
				all[piece{i, part.Number}] = gate{before, next}
				before = next
			}
		}
	}
	return all
}

func (j *job) encodePart(ctx context.Context, task task, outs []*output, release func()) error {
	dir := filepath.Dir(outs[0].dir)
	defer os.RemoveAll(dir)
	for _, o := range outs {
		if err := os.MkdirAll(o.dir, 0o700); err != nil {
			return err
		}
	}
	args, err := ffmpeg.VideoArgs(j.videoJob(task))
	if err != nil {
		return err
	}
	made := int64(0)
	err = j.encode(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Dir: dir,
		Limits: j.videoLimits(task.part), Progress: func(p ffmpeg.Progress) {
			made = p.Frame
			j.partProgress(task, p.Frame)
		},
	}, outs, release)
	if made == 0 && errors.Is(err, models.ErrCorrupt) {
		// ffmpeg ended well and wrote empty segments: nothing could be decoded.
		err = fmt.Errorf("%w: %w", ffmpeg.NewFault(ffmpeg.CodeDecodeErrors), err)
	}
	if err != nil {
		return err
	}
	j.partProgress(task, task.part.Frames)
	return nil
}

// partOutputs says what a task makes, in a folder of its own. The rung that a
// viewer may wait for stands first, to be handed over first.
func (j *job) partOutputs(task task, gates map[piece]gate) []*output {
	perSegment := j.t.profile.segmentFrames(j.plan.rate)
	dir := filepath.Join(j.work(), fmt.Sprintf("%05d-%s", task.part.Number, flat(j.plan.Renditions[task.rungs[0]].ID)))
	var outs []*output
	for _, i := range task.rungs {
		id, gate := j.plan.Renditions[i].ID, gates[piece{i, task.part.Number}]
		o := &output{
			id: id, dir: filepath.Join(dir, flat(id)), part: task.part.Number,
			first: task.part.FirstSegment, next: task.part.FirstSegment,
			last: task.part.FirstSegment + task.part.Segments - 1,
			full: func(number int, s segmentFacts, _ uint32) bool {
				before := int64(number-task.part.FirstSegment) * perSegment
				return int64(s.Samples) == min(perSegment, task.part.Frames-before)
			},
			gate: gate.opens, delivered: gate.next, whole: j.finish,
		}
		if i == j.plan.quick() {
			outs = slices.Insert(outs, 0, o)
		} else {
			outs = append(outs, o)
		}
	}
	return outs
}

// finish keeps what was learnt, then reports the part as done.
func (j *job) finish(ctx context.Context, outs ...*output) error {
	for _, o := range outs {
		if err := saveFacts(j.dir, o.id, o.facts); err != nil {
			return err
		}
		if err := j.sink.partDone(ctx, o.id, o.part); err != nil {
			return err
		}
		close(o.delivered)
	}
	return nil
}

// videoJob says what ffmpeg shall do. The rungs that are not made now stay in
// the cascade, so that the others get the same picture in every order of work.
func (j *job) videoJob(task task) ffmpeg.VideoJob {
	p, profile := j.plan, j.t.profile
	v := ffmpeg.VideoJob{
		Input: j.source, Stream: p.Media.Video.Index,
		Rate: p.rate, First: task.part.FirstFrame, Frames: task.part.Frames, Margin: profile.gop(p.rate),
		Width: p.Media.Video.Stored[0], Height: p.Media.Video.Stored[1], Colour: p.Media.Video.Colour,
		Deinterlace: p.Media.Video.Interlaced, DecodeThreads: profile.DecodeThreads, Preset: profile.Preset,
		GOP: profile.gop(p.rate), Segment: profile.segmentFrames(p.rate), FirstSegment: task.part.FirstSegment,
	}
	wanted := map[int]bool{}
	for _, i := range task.rungs {
		wanted[i] = true
	}
	for i := len(p.steps) - 1; i >= 0; i-- {
		s := p.steps[i]
		v.Rungs = append(v.Rungs, ffmpeg.VideoRung{
			Dir: flat(p.Renditions[i].ID), Width: s.Width, Height: s.Height, CRF: s.CRF,
			MaxRate: s.MaxRate, BufSize: s.bufSize(), Direct: s.Direct, Skip: !wanted[i],
		})
	}
	return v
}

// videoLimits follow from the ladder: a full one from 2160 lines needs about
// 4 GiB of address space. Time is generous; a slow machine is no fault.
func (j *job) videoLimits(part Part) ffmpeg.Limits {
	pixels := max(j.plan.Media.Video.Pixels, 640*360)
	length := durationOf(frameSpan(part.Frames, j.plan.rate))
	return ffmpeg.Limits{
		Memory:   3<<29 + int64(5<<29)*int64(pixels)/8_300_000,
		Wall:     5*time.Minute + 60*length,
		FileSize: 1 << 30, OpenFiles: 256,
	}
}

func (j *job) partProgress(task task, frames int64) {
	done := 0.0
	for _, i := range task.rungs {
		done += j.plan.weight(i, min(frames, task.part.Frames))
	}
	j.meter.set(fmt.Sprintf("%d/%v", task.part.Number, task.rungs), done)
}
