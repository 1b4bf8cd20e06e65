package transcode

import (
	"context"
	"path/filepath"

	"runnel/transcode/ffmpeg"
)

// steadied makes a file in which no sound changes its rate or channels on the
// way, as broadcasts do between programmes, and returns the job over that file.
func (j *job) steadied(ctx context.Context, a ffmpeg.AudioJob) (ffmpeg.AudioJob, error) {
	s := ffmpeg.SteadyJob{Input: a.Input, File: "steady.mka"}
	place := map[int]int{}
	tracks := make([]ffmpeg.AudioTrack, len(a.Tracks))
	for i, t := range a.Tracks {
		n, known := place[t.Stream]
		if !known {
			n = len(s.Streams)
			place[t.Stream] = n
			channels := 2
			if ffmpeg.Surround(t.Channels) {
				channels = 6
			}
			s.Streams = append(s.Streams, ffmpeg.SteadyStream{Stream: t.Stream, SampleRate: t.SampleRate, Channels: channels})
		}
		t.Stream, t.Channels = n, s.Streams[n].Channels
		tracks[i] = t
	}
	args, err := ffmpeg.SteadyArgs(s)
	if err != nil {
		return a, err
	}
	limits := j.soundLimits()
	limits.FileSize = ffmpeg.SteadySize(s.Streams, secondsOf(j.plan.Duration))
	err = j.t.runner.Run(ctx, ffmpeg.Command{Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Dir: j.work(), Limits: limits})
	if err != nil {
		return a, explained("sound", err)
	}
	a.Input, a.Tracks = filepath.Join(j.work(), s.File), tracks
	return a, nil
}
