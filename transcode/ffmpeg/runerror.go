package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Cause says why a run did not succeed.
type Cause string

// The causes.
const (
	CauseStart     Cause = "start"     // the program could not be started
	CauseSandbox   Cause = "sandbox"   // the sandbox could not be set up
	CauseCancelled Cause = "cancelled" // the caller's context ended
	CauseTimeout   Cause = "timeout"   // Limits.Wall
	CauseCPU       Cause = "cpu"       // Limits.CPU
	CauseMemory    Cause = "memory"    // an allocation was refused
	CauseFileSize  Cause = "filesize"  // Limits.FileSize
	CauseOutput    Cause = "output"    // StdoutLimit
	CauseSignal    Cause = "signal"    // ended by any other signal: a crash, or killed from outside
	CauseExit      Cause = "exit"      // ended by itself with a code that is not zero
)

// RunError is a run that did not succeed.
type RunError struct {
	Tool     Tool
	Cause    Cause
	ExitCode int            // -1 when ended by a signal or never started
	Signal   syscall.Signal // 0 when it was not ended by a signal
	Stderr   string         // the last 16 KiB of the log; for logs only, never for users
	CPU      time.Duration  // used by all threads
	err      error
}

// Error names tool and cause, not what the tool printed.
func (e *RunError) Error() string {
	switch e.Cause {
	case CauseExit:
		return fmt.Sprintf("ffmpeg: %s ended with code %d", e.Tool, e.ExitCode)
	case CauseSignal:
		return fmt.Sprintf("ffmpeg: %s ended by signal %d (%s)", e.Tool, e.Signal, e.Signal)
	case CauseStart:
		return fmt.Sprintf("ffmpeg: %s could not be started: %v", e.Tool, e.err)
	}
	return fmt.Sprintf("ffmpeg: %s stopped: %s", e.Tool, e.Cause)
}

// Unwrap returns context.Canceled or context.DeadlineExceeded when the caller's
// context ended the run, else what the operating system said.
func (e *RunError) Unwrap() error { return e.err }

func runError(ctx context.Context, c Command, state *os.ProcessState, tail *tailBuffer, err error) *RunError {
	e := &RunError{Tool: c.Tool, ExitCode: -1, Stderr: tail.String(), err: err}
	if state != nil {
		e.ExitCode = state.ExitCode()
		e.CPU = state.UserTime() + state.SystemTime()
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			e.Signal = status.Signal()
		}
	}
	e.Cause = stopped(ctx)
	switch {
	case e.Cause == CauseCancelled:
		e.err = ctx.Err()
	case e.Cause != "":
	case state == nil:
		e.Cause = CauseStart
	default:
		e.Cause = e.ended(c.Limits)
	}
	return e
}

// stopped returns the cause when we stopped the run.
func stopped(ctx context.Context) Cause {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return ""
	case errors.Is(cause, errWall):
		return CauseTimeout
	case errors.Is(cause, errOutput):
		return CauseOutput
	}
	return CauseCancelled
}

// spent reports whether the CPU limit ended the run. ffmpeg catches SIGXCPU and
// exits with 255, and the kernel counts ticks for the limit but exact time for
// what it reports: 0.93 s was seen for a limit of one.
func (e *RunError) spent(limit time.Duration) bool {
	const caught = 255
	return limit > 0 && (e.CPU >= limit || e.ExitCode == caught && e.CPU >= limit*3/4)
}

// ended reads the cause from how the process ended.
func (e *RunError) ended(limits Limits) Cause {
	switch {
	case e.ExitCode == sandboxExit && strings.Contains(e.Stderr, sandboxPrefix):
		return CauseSandbox
	case e.Signal == syscall.SIGXCPU, e.spent(limits.CPU):
		return CauseCPU
	case e.Signal == syscall.SIGXFSZ, strings.Contains(e.Stderr, "ile too large"):
		return CauseFileSize
	case limits.Memory > 0 && outOfMemory(e.Stderr):
		return CauseMemory
	case e.Signal != 0:
		return CauseSignal
	}
	return CauseExit
}

// outOfMemory recognises what ffmpeg, x264, libstdc++ and the dynamic linker
// print when an allocation fails.
func outOfMemory(stderr string) bool {
	for _, s := range []string{
		"Cannot allocate memory", "Error allocating", "malloc of size", "bad_alloc",
		"failed to map segment", "Out of memory", "out of memory", "Resource temporarily unavailable",
	} {
		if strings.Contains(stderr, s) {
			return true
		}
	}
	return false
}
