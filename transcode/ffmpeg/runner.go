package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"runnel/models"
)

// Tool names one of the two programs.
type Tool int

// The tools.
const (
	FFmpeg Tool = iota
	FFprobe
)

// String returns the program's name.
func (t Tool) String() string {
	if t == FFprobe {
		return "ffprobe"
	}
	return "ffmpeg"
}

// Config says where the tools are and how strictly they are confined.
type Config struct {
	FFmpeg  string // path; found in PATH when empty
	FFprobe string // path; found in PATH when empty

	// RequireSandbox makes New fail where Landlock cannot be enforced.
	RequireSandbox bool
	// Self is our own binary, re-executed as the sandbox helper. Empty: the
	// running binary, provided that its main called MaybeSandbox.
	Self string
	// ReadOnly are further folders the tools may read: the libraries of an
	// ffmpeg outside the system's folders.
	ReadOnly []string

	Grace       time.Duration // between SIGTERM and SIGKILL; default 3 s
	ProbeLimits Limits        // default: 2 GiB, 20 s CPU, 60 s wall clock
}

func (c Config) withDefaults() Config {
	if c.Grace <= 0 {
		c.Grace = 3 * time.Second
	}
	if c.ProbeLimits == (Limits{}) {
		c.ProbeLimits = Limits{
			Memory: 2 << 30, CPU: 20 * time.Second, Wall: time.Minute,
			FileSize: 1 << 20, OpenFiles: 256,
		}
	}
	return c
}

// Runner runs the tools. It is safe for concurrent use and starts no goroutine
// of its own; how many run at a time is the caller's decision.
type Runner struct {
	cfg    Config
	log    *slog.Logger
	tools  [2]string // absolute, symbolic links resolved; by Tool
	self   string    // empty: no sandbox helper
	layers []string
}

// New finds the tools and tries the sandbox out. It returns
// models.ErrUnavailable when a tool is missing or a required layer is not
// there.
func New(cfg Config, log *slog.Logger) (*Runner, error) {
	r := &Runner{cfg: cfg.withDefaults(), log: log}
	for tool, path := range map[Tool]string{FFmpeg: cfg.FFmpeg, FFprobe: cfg.FFprobe} {
		found, err := locate(tool, path)
		if err != nil {
			return nil, err
		}
		r.tools[tool] = found
	}
	r.self = helperPath(cfg.Self)
	r.layers = r.detectLayers(context.Background())
	if cfg.RequireSandbox && !slices.ContainsFunc(r.layers, isLandlock) {
		return nil, fmt.Errorf("ffmpeg: the sandbox is required but Landlock is not active on this system: %w", models.ErrUnavailable)
	}
	return r, nil
}

// locate returns the absolute path of a tool's real file, which is what the
// sandbox permits to execute.
func locate(tool Tool, path string) (string, error) {
	if path == "" {
		path = tool.String()
	}
	found, err := exec.LookPath(path)
	if err == nil {
		found, err = filepath.EvalSymlinks(found)
	}
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return "", fmt.Errorf("ffmpeg: %s was not found (install ffmpeg): %w", tool, errors.Join(models.ErrUnavailable, err))
	}
	return found, nil
}

// Layers names the active layers of confinement, strongest first, as found by
// trying each of them when the Runner was made.
func (r *Runner) Layers() []string { return slices.Clone(r.layers) }

// Version returns the tool's name and version, "ffmpeg 5.1.9-0+deb12u1".
func (r *Runner) Version(ctx context.Context) (string, error) {
	var out bytes.Buffer
	err := r.Run(ctx, Command{
		Tool: FFmpeg, Args: []string{"-version"}, Stdout: &out,
		Limits: Limits{CPU: 5 * time.Second, Wall: 20 * time.Second},
	})
	if err != nil {
		return "", err
	}
	fields := strings.Fields(out.String())
	if len(fields) < 3 || fields[1] != "version" {
		return "", fmt.Errorf("ffmpeg: unknown answer to -version: %w", models.ErrUnavailable)
	}
	return fields[0] + " " + fields[2], nil
}
