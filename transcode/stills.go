package transcode

import (
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"runnel/transcode/ffmpeg"
)

// Names of the stills inside the release.
const (
	PosterPath = "x/poster.jpg"
	CoverPath  = "x/cover.jpg"
)

// stills makes the poster of a video or the cover of a track. A track's cover
// that cannot be read is left out; a film has at least its first picture.
func (j *job) stills(ctx context.Context, r *Result) error {
	var err error
	switch {
	case j.plan.Media.Video != nil:
		r.Poster, err = j.poster(ctx)
	case j.plan.Media.Cover != nil:
		if r.Cover, err = j.still(ctx, "cover.jpg", ffmpeg.Still{Stream: j.plan.Media.Cover.Index, Colour: j.plan.Media.Cover.Colour}); ffmpeg.Explain(err) != nil {
			j.t.log.Info("cover picture left out", "err", err)
			r.Cover, err = "", nil
		}
	}
	if err != nil {
		return explained("stills", err)
	}
	return nil
}

// poster takes a picture that is not black from about a tenth into the film,
// else its first one.
func (j *job) poster(ctx context.Context) (string, error) {
	video := j.plan.Media.Video
	at := min(video.End/10, 2*time.Minute)
	if !j.plan.Media.Seekable {
		at = min(at, 10*time.Second)
	}
	path, err := j.still(ctx, "poster.jpg", ffmpeg.Still{Stream: video.Index, Colour: video.Colour, At: secondsOf(at), Choose: true})
	if path != "" || err != nil && ffmpeg.Explain(err) == nil {
		return path, err
	}
	path, err = j.still(ctx, "poster.jpg", ffmpeg.Still{Stream: video.Index, Colour: video.Colour, At: new(big.Rat)})
	if err == nil && path == "" {
		j.t.log.Info("no picture for a poster")
	}
	return path, err
}

// still runs ffmpeg for one picture; the path is empty if it found none.
func (j *job) still(ctx context.Context, name string, s ffmpeg.Still) (string, error) {
	dir := filepath.Join(j.dir, "stills")
	path := filepath.Join(dir, name)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	work := "new-" + name
	s.Input, s.MaxWidth, s.File = j.source, j.t.profile.StillWidth, work
	args, err := ffmpeg.StillArgs(s)
	if err != nil {
		return "", err
	}
	err = j.t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Dir: dir, Nice: 5,
		Limits: ffmpeg.Limits{Memory: 4 << 30, CPU: 5 * time.Minute, Wall: 10 * time.Minute, FileSize: 32 << 20, OpenFiles: 256},
	})
	if err != nil {
		return "", err
	}
	info, err := os.Stat(filepath.Join(dir, work))
	if err != nil || info.Size() == 0 {
		return "", nil
	}
	if err := os.Rename(filepath.Join(dir, work), path); err != nil {
		return "", fmt.Errorf("still: %w", err)
	}
	return path, nil
}
