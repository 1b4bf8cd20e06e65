package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"runnel/models"
)

// Reasons for which a run is stopped from outside.
var (
	errWall   = errors.New("wall-clock limit reached")
	errOutput = errors.New("too much output")
)

// Run runs a tool and waits for its end. When it returns, no process of the
// run is alive. The error is a *RunError when the tool was started and did not
// succeed.
func (r *Runner) Run(ctx context.Context, c Command) error {
	c, err := c.checked()
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeoutCause(ctx, c.Limits.Wall, errWall)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	cmd := exec.CommandContext(ctx, "")
	if err := r.prepare(cmd, c); err != nil {
		return err
	}
	tail := &tailBuffer{max: stderrTail}
	cmd.Stderr = tail
	if c.Log != nil {
		cmd.Stderr = io.MultiWriter(tail, c.Log)
	}
	if c.Stdout != nil {
		cmd.Stdout = &limitWriter{w: c.Stdout, left: c.StdoutLimit, full: func() { cancel(errOutput) }}
	}
	progress, err := openProgress(cmd, c.Progress)
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	begun := time.Now()
	err = r.wait(cmd, c, progress.started)
	progress.wait()
	r.account(c, cmd.ProcessState, begun)
	if err == nil {
		return nil
	}
	return runError(ctx, c, cmd.ProcessState, tail, err)
}

// account tells what a run cost, for whoever looks for where the time goes.
func (r *Runner) account(c Command, state *os.ProcessState, begun time.Time) {
	if state == nil {
		return
	}
	r.log.Debug("run ended", "tool", c.Tool, "dir", filepath.Base(c.Dir), "began", begun, "took", time.Since(begun),
		"cpu", state.UserTime()+state.SystemTime())
}

// prepare sets program, arguments, environment and process attributes.
func (r *Runner) prepare(cmd *exec.Cmd, c Command) error {
	tool, args := r.tools[c.Tool], c.arguments()
	cmd.Env = toolEnv()
	if r.self != "" {
		wrapped, err := r.policy(c).wrap(tool, args)
		if err != nil {
			return err
		}
		cmd.Path, cmd.Args, cmd.Env = r.self, append([]string{"runnel"}, wrapped...), helperEnv()
	} else {
		cmd.Path, cmd.Args = tool, append([]string{tool}, args...)
	}
	cmd.Err = nil // set by CommandContext for its empty name
	cmd.Dir = c.Dir
	if cmd.Dir == "" {
		cmd.Dir = "/"
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return signalGroup(cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = r.cfg.Grace
	return nil
}

// wait starts the command and waits for its end on one locked thread, because
// the kernel sends Pdeathsig when the thread that forked ends, not the process.
func (r *Runner) wait(cmd *exec.Cmd, c Command, started func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	started()
	if err != nil {
		return err
	}
	if r.self == "" {
		limitFromOutside(cmd.Process.Pid, c)
	}
	err = cmd.Wait()
	_ = signalGroup(cmd.Process.Pid, syscall.SIGKILL)
	return err
}

func signalGroup(pgid int, sig syscall.Signal) error {
	err := syscall.Kill(-pgid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// limitWriter passes at most left bytes on.
type limitWriter struct {
	w    io.Writer
	left int64
	full func()
}

func (l *limitWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		l.full()
		return 0, fmt.Errorf("%w: %w", errOutput, models.ErrTooLarge)
	}
	l.left -= int64(len(p))
	return l.w.Write(p)
}
