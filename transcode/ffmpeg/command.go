package ffmpeg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"runnel/models"
)

// Limits bound one run. Zero means no limit of that kind, except Wall, which
// is an hour when zero.
type Limits struct {
	Memory    int64         // bytes of address space
	CPU       time.Duration // of all threads together, rounded up to seconds
	Wall      time.Duration
	FileSize  int64 // bytes of any one file written
	OpenFiles int
}

// Command is one run of a tool.
type Command struct {
	Tool Tool
	// Args are the tool's arguments. Run puts the general ones before them:
	// no stdin, no banner, log level error, and -progress when Progress is set.
	Args []string

	Input string // the one file that may be read; may be empty
	Dir   string // the one folder that may be written; working folder; may be empty

	Limits Limits
	Nice   int // 0…19, added to our own

	// Progress is called about twice a second while ffmpeg works, and once at
	// its end, from one goroutine; it must return quickly.
	Progress func(Progress)
	// Stdout receives the tool's output, at most StdoutLimit bytes (16 MiB when
	// zero); a tool that writes more is stopped.
	Stdout      io.Writer
	StdoutLimit int64
	// Log receives everything the tool logs, unbounded, beside the tail kept
	// for RunError; for filters that report by logging (put "-v", "info" first
	// in Args).
	Log io.Writer
}

const (
	defaultWall   = time.Hour
	defaultStdout = 16 << 20
)

// checked returns the command with absolute paths and defaults.
func (c Command) checked() (Command, error) {
	var err error
	if c.Limits.Wall <= 0 {
		c.Limits.Wall = defaultWall
	}
	if c.StdoutLimit <= 0 {
		c.StdoutLimit = defaultStdout
	}
	for _, arg := range c.Args {
		if strings.ContainsRune(arg, 0) {
			return c, fmt.Errorf("ffmpeg: an argument holds a NUL: %w", models.ErrInvalid)
		}
	}
	if c.Input, err = existing(c.Input, os.FileMode.IsRegular); err != nil {
		return c, fmt.Errorf("ffmpeg: input: %w", err)
	}
	if c.Dir, err = existing(c.Dir, os.FileMode.IsDir); err != nil {
		return c, fmt.Errorf("ffmpeg: folder: %w", err)
	}
	return c, nil
}

// existing makes path absolute and checks its kind; an empty path stays empty.
func existing(path string, kind func(os.FileMode) bool) (string, error) {
	if path == "" {
		return "", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if os.IsNotExist(err) {
		return "", models.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	if !kind(info.Mode()) {
		return "", models.ErrInvalid
	}
	return abs, nil
}

// arguments returns the whole argument vector after the program's name.
func (c Command) arguments() []string {
	args := []string{"-hide_banner", "-v", "error"}
	if c.Tool == FFmpeg {
		args = append(args, "-nostdin", "-nostats", "-y")
	}
	if c.Progress != nil {
		args = append(args, "-stats_period", "0.5", "-progress", "pipe:3")
	}
	return append(args, c.Args...)
}
