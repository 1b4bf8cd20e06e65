package ffmpeg

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestRunWritesIntoItsFolderOnly(t *testing.T) {
	r, dir := newRunner(t, nil), t.TempDir()
	source := generate(t, "a.mkv", join(testPicture("64x64", "10", 1), testTone(1))...)
	var last Progress
	reports := 0
	err := r.Run(t.Context(), Command{
		Args: append(InputArgs(source), "-c:v", "libx264", "-c:a", "aac", "out.mp4"), Input: source, Dir: dir,
		Limits:   Limits{Memory: 2 << 30, CPU: time.Minute, Wall: time.Minute, FileSize: 1 << 20, OpenFiles: 64},
		Progress: func(p Progress) { last, reports = p, reports+1 },
	})
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "out.mp4"))
	require.True(t, last.End)
	require.EqualValues(t, 10, last.Frame)
	require.InDelta(t, 1, last.OutTime.Seconds(), 0.15)
	require.NotZero(t, reports)

	err = r.Run(t.Context(), Command{
		Args: append(InputArgs(source), filepath.Join(t.TempDir(), "out.mp4")), Input: source, Dir: dir,
	})
	var run *RunError
	require.ErrorAs(t, err, &run)
	require.Equal(t, CauseExit, run.Cause)
	require.Contains(t, run.Stderr, "Permission denied")
	require.NotContains(t, run.Error(), "denied", "the tool's words must stay out of the error's text")
}

// endless makes ffmpeg work until it is stopped.
var endless = []string{"-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5", "-f", "null", "-"}

func TestLimits(t *testing.T) {
	busy := []string{"-f", "lavfi", "-i", "mandelbrot=s=640x360", "-f", "null", "-"}
	for _, c := range []struct {
		name   string
		args   []string
		limits Limits
		want   Cause
	}{
		{"wall clock", endless, Limits{Wall: 300 * time.Millisecond}, CauseTimeout},
		{"cpu", busy, Limits{CPU: time.Second, Wall: time.Minute}, CauseCPU},
		{"memory", []string{"-f", "lavfi", "-i", "color=s=12000x8000", "-frames:v", "1", "-vf", "format=rgba", "-f", "null", "-"},
			Limits{Memory: 600 << 20, Wall: time.Minute}, CauseMemory},
		{"file size", []string{"-f", "lavfi", "-i", "testsrc2=s=320x180", "-c:v", "rawvideo", "-f", "rawvideo", "big"},
			Limits{FileSize: 1 << 20, Wall: time.Minute}, CauseFileSize},
		{"output", []string{"-f", "lavfi", "-i", "testsrc2=s=320x180", "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"},
			Limits{Wall: time.Minute}, CauseOutput},
	} {
		for _, mode := range []string{"sandboxed", "outside"} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				r := newRunner(t, func(c *Config) { c.Grace = 2 * time.Second })
				if mode == "outside" {
					r.self = ""
				}
				err := r.Run(t.Context(), Command{
					Args: c.args, Dir: t.TempDir(), Limits: c.limits, Stdout: io.Discard, StdoutLimit: 1 << 20,
				})
				var run *RunError
				require.ErrorAs(t, err, &run)
				require.Equal(t, c.want, run.Cause, "%v (%v CPU): %s", err, run.CPU, run.Stderr)
				require.LessOrEqual(t, len(run.Stderr), stderrTail+16)
			})
		}
	}
}

func TestSpyAtTheLimits(t *testing.T) {
	for _, c := range []struct {
		action []string
		limits Limits
		want   Cause
	}{
		{[]string{"spy:stubborn"}, Limits{Wall: 300 * time.Millisecond}, CauseTimeout},
		{[]string{"spy:fill", "file"}, Limits{FileSize: 1 << 20}, CauseFileSize},
		{[]string{"spy:flood"}, Limits{}, CauseOutput},
		{[]string{"spy:killed"}, Limits{}, CauseSignal},
	} {
		t.Run(c.action[0], func(t *testing.T) {
			r := spyRunner(t, false) // so that it can kill itself
			err := r.Run(t.Context(), Command{Args: c.action, Dir: t.TempDir(), Limits: c.limits, Stdout: io.Discard})
			var run *RunError
			require.ErrorAs(t, err, &run)
			require.Equal(t, c.want, run.Cause, "%v: %s", err, run.Stderr)
		})
	}
}

// alive reads /proc, as a process that nobody reaps still answers signals.
func alive(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && !strings.Contains(string(status), "State:\tZ") && !strings.Contains(string(status), "State:\tX")
}

func TestCancelEndsTheWholeGroup(t *testing.T) {
	for _, how := range []string{"wait", "leave"} {
		t.Run(how, func(t *testing.T) {
			r := spyRunner(t, false) // the sandbox does not let it have children
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			read, write := io.Pipe()
			result := make(chan error, 1)
			go func() {
				result <- r.Run(ctx, Command{Args: []string{"spy:spawn", how}, Dir: t.TempDir(), Stdout: write})
			}()
			var line [16]byte
			n, err := read.Read(line[:])
			require.NoError(t, err)
			child, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
			require.NoError(t, err)
			if how == "wait" {
				require.True(t, alive(child))
				cancel()
				require.ErrorIs(t, <-result, context.Canceled)
			} else {
				<-result // ends by itself and leaves the child; its pipe is cut after the grace
			}
			require.Eventually(t, func() bool { return !alive(child) }, 5*time.Second, 5*time.Millisecond)
		})
	}
}

func TestCancelledBeforeTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newRunner(t, nil).Run(ctx, Command{Args: endless})
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, Explain(err), "a cancelled run must not be blamed on the file")
}

func TestCallersDeadlineIsNotTheFilesFault(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := newRunner(t, nil).Run(ctx, Command{Args: endless})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var run *RunError
	require.ErrorAs(t, err, &run)
	require.Equal(t, CauseCancelled, run.Cause)
	require.Nil(t, Explain(err))
}

func TestStubbornToolIsKilledAfterTheGrace(t *testing.T) {
	r := spyRunner(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ready atomic.Bool
	out := writerFunc(func(p []byte) (int, error) { ready.Store(true); cancel(); return len(p), nil })
	err := r.Run(ctx, Command{Args: []string{"spy:stubborn"}, Dir: t.TempDir(), Stdout: out})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, ready.Load())
	var run *RunError
	require.ErrorAs(t, err, &run)
	require.Equal(t, syscall.SIGKILL, run.Signal)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestKilledServerLeavesNoTool kills a process that runs ffmpeg, as the
// out-of-memory killer would, and looks for what is left.
func TestKilledServerLeavesNoTool(t *testing.T) {
	needTools(t)
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	server := exec.Command(self, "spy:server", dir)
	require.NoError(t, server.Start())
	defer server.Process.Kill()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(dir, "running"))
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)

	tools := childrenOf(t, server.Process.Pid)
	require.Len(t, tools, 1)
	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
	require.Eventually(t, func() bool { return !alive(tools[0]) }, 5*time.Second, 5*time.Millisecond)
}

// childrenOf lists processes by their PPid line.
func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		status, err := os.ReadFile("/proc/" + e.Name() + "/status")
		if err == nil && strings.Contains(string(status), "\nPPid:\t"+strconv.Itoa(parent)+"\n") {
			out = append(out, pid)
		}
	}
	return out
}

func TestMistakesOfTheCaller(t *testing.T) {
	r := newRunner(t, nil)
	for name, c := range map[string]struct {
		command Command
		want    error
	}{
		"no such input":  {Command{Input: "/no/such/file"}, models.ErrNotFound},
		"input a folder": {Command{Input: t.TempDir()}, models.ErrInvalid},
		"no such folder": {Command{Dir: "/no/such/folder"}, models.ErrNotFound},
		"NUL":            {Command{Args: []string{"a\x00b"}}, models.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, r.Run(t.Context(), c.command), c.want)
		})
	}
}

func TestToolThatIsMissing(t *testing.T) {
	_, err := New(Config{FFmpeg: "/no/such/ffmpeg"}, quiet())
	require.ErrorIs(t, err, models.ErrUnavailable)
}

func TestHelperThatFails(t *testing.T) {
	r := newRunner(t, nil)
	r.tools[FFmpeg] = "/no/such/ffmpeg"
	err := r.Run(t.Context(), Command{})
	var run *RunError
	require.True(t, errors.As(err, &run))
	require.Equal(t, CauseSandbox, run.Cause)
	require.Nil(t, Explain(err))
}

// TestTheHelperNeedsNoMemoryAtItsEnd: once the address space is limited to less
// than a Go runtime holds, the helper can map nothing more, whatever it passes on.
func TestTheHelperNeedsNoMemoryAtItsEnd(t *testing.T) {
	r := newRunner(t, nil)
	if r.self == "" {
		t.Skip("this system has no sandbox")
	}
	args := []string{"-version"}
	for range 14 {
		args = append(args, strings.Repeat("x", 120<<10))
	}
	err := r.Run(t.Context(), Command{Args: args, Limits: Limits{Memory: 600 << 20}})
	var run *RunError
	if errors.As(err, &run) {
		t.Fatalf("%v: %.2000s", err, run.Stderr)
	}
	require.NoError(t, err)
}
