package transcode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// Sidecar is a file of the release beside picture and sound.
type Sidecar struct {
	Path  string // inside the release
	Local string // where it lies until the job's folder is removed
}

// beside makes what is found in the source beside picture and sound. None of it
// is worth a release: what the file spoils is left out, with a line in the log.
func (j *job) beside(ctx context.Context, r *Result) error {
	for _, part := range []struct {
		what string
		make func(ctx context.Context, r *Result) error
	}{{"captions", j.captions}, {"chapters", j.chapters}, {"waveform", j.waveform}} {
		if err := j.spare(ctx, part.what, part.make(ctx, r)); err != nil {
			return fmt.Errorf("transcode: %s: %w", part.what, err)
		}
	}
	return nil
}

// spare returns nil where the file, or a part of ffmpeg that this machine lacks,
// is to blame; what may go well another time stays an error.
func (j *job) spare(ctx context.Context, what string, err error) error {
	var run *ffmpeg.RunError
	ended := errors.As(err, &run) && run.Cause == ffmpeg.CauseExit
	bad := errors.Is(err, models.ErrInvalid) || errors.Is(err, models.ErrTooLarge) || errors.Is(err, models.ErrCorrupt)
	if err == nil || ctx.Err() != nil || !ended && !bad && ffmpeg.Explain(err) == nil {
		return err
	}
	j.t.log.Warn(what+" left out", "err", err)
	return nil
}

// besideDir is where sidecars lie. They are made anew by each attempt: the same
// source gives the same bytes.
func (j *job) besideDir() string { return filepath.Join(j.dir, "beside") }

// write keeps a sidecar.
func (j *job) write(path string, data []byte) (Sidecar, error) {
	local := filepath.Join(j.besideDir(), flat(path))
	if err := os.MkdirAll(j.besideDir(), 0o700); err != nil {
		return Sidecar{}, err
	}
	return Sidecar{Path: path, Local: local}, os.WriteFile(local, data, 0o600)
}
