package transcode

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// Config is what a Transcoder works with.
type Config struct {
	Profile Profile        // Standard() when it has no name
	Runner  *ffmpeg.Runner // required
	Workers int            // runs of ffmpeg at a time for one film; when zero, as many as there are cores, at most 8
}

// maxWorkers bounds the memory: a run takes up to 0.5 GiB at 1080 lines.
const maxWorkers = 8

// Transcoder turns sources into renditions. It is safe for concurrent use; how
// many films are worked on at a time is the caller's decision.
type Transcoder struct {
	profile Profile
	runner  *ffmpeg.Runner
	workers int
	encoder string
	log     *slog.Logger
}

// Encoder asks ffmpeg which version it is now: it may be upgraded while a node
// runs, and then makes other bytes.
func (t *Transcoder) Encoder(ctx context.Context) (string, error) {
	version, err := t.runner.Version(ctx)
	if err != nil {
		return "", fmt.Errorf("transcode: %w", err)
	}
	return version, nil
}

// New asks ffmpeg for its version and starts nothing.
func New(cfg Config, log *slog.Logger) (*Transcoder, error) {
	if cfg.Runner == nil {
		return nil, fmt.Errorf("transcode: no runner: %w", models.ErrInvalid)
	}
	if cfg.Profile.Name == "" {
		cfg.Profile = Standard()
	}
	if cfg.Workers <= 0 {
		cfg.Workers = min(runtime.NumCPU(), maxWorkers)
	}
	version, err := cfg.Runner.Version(context.Background())
	if err != nil {
		return nil, fmt.Errorf("transcode: %w", err)
	}
	return &Transcoder{profile: cfg.Profile, runner: cfg.Runner, workers: cfg.Workers, encoder: version, log: log}, nil
}
