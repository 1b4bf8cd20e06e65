package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows how far long work has come: a moving bar on a terminal, a line now
// and then elsewhere, nothing when quiet.
type bar struct{ shown *progressbar.ProgressBar }

func newBar(quiet bool, what string, total int64, bytes bool) bar {
	if quiet {
		return bar{}
	}
	throttle := 100 * time.Millisecond
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		throttle = 5 * time.Second
	}
	return bar{progressbar.NewOptions64(total, progressbar.OptionSetDescription(printable(what)), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowBytes(bytes), progressbar.OptionThrottle(throttle), progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true), progressbar.OptionOnCompletion(func() { _, _ = os.Stderr.WriteString("\n") }))}
}

func (b bar) set(n int64) {
	if b.shown != nil {
		_ = b.shown.Set64(n) // a terminal that cannot be written to is no reason to stop
	}
}

func (b bar) finish() {
	if b.shown != nil && !b.shown.IsFinished() {
		_ = b.shown.Exit()
		_, _ = os.Stderr.WriteString("\n")
	}
}

// of shows done of total, which may be known only on the way.
func (b bar) of(done, total int64) {
	if b.shown != nil {
		b.shown.ChangeMax64(max(total, 1))
		b.set(done)
	}
}
