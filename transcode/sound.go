package transcode

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// aacFrame is the number of samples in an AAC-LC frame.
const aacFrame = 1024

// soundNice lets the picture go first, which takes much longer: sound is made
// many times faster than it is heard.
const soundNice = 5

// sound encodes all audio renditions in one pass and measures loudness on the
// way.
func (j *job) sound(ctx context.Context) error {
	renditions := j.plan.audio()
	if len(renditions) == 0 || j.soundDone(renditions) {
		return nil
	}
	dir := filepath.Join(j.work(), "sound")
	outs, err := j.soundOutputs(renditions, dir)
	if err != nil {
		return fmt.Errorf("transcode: sound: %w", err)
	}
	defer os.RemoveAll(dir)
	args, err := ffmpeg.AudioArgs(j.audioJob(renditions))
	if err != nil {
		return fmt.Errorf("transcode: sound: %w", err)
	}
	log := &lastBytes{max: 8 << 10}
	err = j.encode(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Dir: dir, Log: log, Limits: j.soundLimits(), Nice: soundNice,
		Progress: func(p ffmpeg.Progress) { j.soundProgress(p.OutTime) },
	}, outs, func() {})
	if err != nil {
		return explained("sound", err)
	}
	j.soundProgress(j.plan.Duration)
	if loudness, ok := parseLoudness(log.data); ok {
		outs[0].facts.Loudness = &loudness
	}
	for _, o := range outs {
		o.facts.close(o.samples)
	}
	return j.finish(ctx, outs...)
}

// soundDone reports whether there is nothing left to do: parts done whose facts
// were lost are made again.
func (j *job) soundDone(renditions []models.Rendition) bool {
	for _, r := range renditions {
		if _, known := loadFacts(j.dir, r.ID); !known || !j.done(r.ID, 0) {
			return false
		}
	}
	return true
}

func (j *job) soundOutputs(renditions []models.Rendition, dir string) ([]*output, error) {
	segment, _ := j.plan.segment.Float64()
	var outs []*output
	for _, r := range renditions {
		o := &output{id: r.ID, dir: filepath.Join(dir, flat(r.ID)), last: -1, delivered: make(chan struct{})}
		o.full = func(_ int, s segmentFacts, timescale uint32) bool {
			return float64(s.Duration) >= segment*float64(timescale)-aacFrame
		}
		outs = append(outs, o)
		if err := os.MkdirAll(o.dir, 0o700); err != nil {
			return nil, err
		}
	}
	return outs, nil
}

// audioJob groups the renditions by the source's streams.
func (j *job) audioJob(renditions []models.Rendition) ffmpeg.AudioJob {
	rate := j.plan.voices[0].sampleRate
	a := ffmpeg.AudioJob{
		Input: j.source, SampleRate: rate, Samples: j.plan.samples(rate), Segment: j.plan.segment,
	}
	index := map[int]int{}
	for i, v := range j.plan.voices {
		n, known := index[v.stream.Index]
		if !known {
			n = len(a.Tracks)
			index[v.stream.Index] = n
			a.Tracks = append(a.Tracks, ffmpeg.AudioTrack{Stream: v.stream.Index, Mono: v.stream.Channels == 1, Loudness: n == 0})
		}
		a.Tracks[n].Outputs = append(a.Tracks[n].Outputs, ffmpeg.AudioOutput{
			Dir: flat(renditions[i].ID), BitRate: v.bitRate, Channels: v.channels,
		})
	}
	return a
}

func (j *job) soundLimits() ffmpeg.Limits {
	return ffmpeg.Limits{
		Memory: 2 << 30, Wall: 5*time.Minute + 4*j.plan.Duration*time.Duration(len(j.plan.voices)),
		FileSize: 1 << 30, OpenFiles: 512,
	}
}

func (j *job) soundProgress(at time.Duration) {
	if j.plan.Duration > 0 {
		j.meter.set("sound", j.plan.soundWeight()*min(float64(at)/float64(j.plan.Duration), 1))
	}
}

// close counts the samples that can be heard, now that all are known. The last
// frame lasts only as long as its sound.
func (f *facts) close(total uint64) {
	f.Samples = int64(total) - f.Init.Shift
	f.Padding = int((aacFrame - total%aacFrame) % aacFrame)
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct {
	max  int
	data []byte
}

func (l *lastBytes) Write(p []byte) (int, error) {
	l.data = append(l.data, p...)
	if over := len(l.data) - l.max; over > 0 {
		l.data = bytes.Clone(l.data[over:])
	}
	return len(p), nil
}
