package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// lab is where one benchmark runs: a folder of its own, removed at the end, and
// the report.
type lab struct {
	name   string
	dir    string // on the disk of the working folder: /tmp may be memory, which syncs in no time
	runnel string // the binary
	begun  time.Time
	missed int // targets
}

// openLab makes the folder and prints what the figures stand under.
func openLab(name string) (*lab, error) {
	runnel, err := filepath.Abs("bin/runnel")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(runnel); err != nil {
		return nil, fmt.Errorf("build first, with scripts/build: %w", err)
	}
	dir, err := os.MkdirTemp(".", ".bench-*")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	fmt.Printf("%s  (%d cores, load %s)\n", name, runtime.NumCPU(), loadAverage())
	return &lab{name: name, dir: dir, runnel: runnel, begun: time.Now()}, nil
}

func (l *lab) close() error {
	fmt.Printf("  %-44s %s, load %s\n\n", "took", time.Since(l.begun).Round(time.Second), loadAverage())
	return os.RemoveAll(l.dir)
}

// path names a file or folder of the lab.
func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// say reports a figure that has no target.
func (l *lab) say(what, format string, args ...any) {
	fmt.Printf("  %-44s %s\n", what, fmt.Sprintf(format, args...))
}

// note reports what went wrong beside the measurement.
func (l *lab) note(err error) {
	if err != nil {
		fmt.Printf("  %v\n", err)
	}
}

// atLeast reports a figure that should be at least the target.
func (l *lab) atLeast(what string, value, target float64, unit string) {
	l.judge(what, value, target, unit, "≥", value >= target)
}

// atMost reports a figure that should be at most the target.
func (l *lab) atMost(what string, value, target float64, unit string) {
	l.judge(what, value, target, unit, "≤", value <= target)
}

func (l *lab) judge(what string, value, target float64, unit, sign string, met bool) {
	verdict := "met"
	if !met {
		verdict = "MISSED"
		l.missed++
	}
	fmt.Printf("  %-44s %.4g%s  (target %s %.4g%s: %s)\n", what, value, unit, sign, target, unit, verdict)
}

// loadAverage is the machine's load over 1, 5 and 15 minutes.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(data))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}

// freePort returns a TCP port of loopback that nobody listens on.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
