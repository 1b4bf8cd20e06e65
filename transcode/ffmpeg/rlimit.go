package ffmpeg

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// applyLimits sets every resource limit but the address space. CPU has its hard
// limit a second later: ffmpeg catches the soft one and ends in order. There is
// no NPROC: it counts threads per user, not per process.
func (p policy) applyLimits() error {
	for _, l := range []struct {
		what     string
		resource int
		value    int64
		slack    int64
	}{
		{"core", unix.RLIMIT_CORE, noneOf, 0},
		{"cpu", unix.RLIMIT_CPU, seconds(p.Limits.CPU), 1},
		{"file size", unix.RLIMIT_FSIZE, p.Limits.FileSize, 0},
		{"open files", unix.RLIMIT_NOFILE, int64(p.Limits.OpenFiles), 0},
	} {
		if err := setLimit(l.resource, l.value, l.slack); err != nil {
			return fmt.Errorf("%s limit: %w", l.what, err)
		}
	}
	if p.Nice > 0 {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, p.Nice)
	}
	return nil
}

// noneOf is a limit of zero; zero itself means that no limit was asked for.
const noneOf = -1

// setLimit lowers a limit of this process; zero leaves it alone. It goes
// through package syscall, which else restores an earlier NOFILE at execve.
func setLimit(resource int, value, slack int64) error {
	if value == 0 {
		return nil
	}
	want := uint64(max(value, 0))
	var now syscall.Rlimit
	if err := syscall.Getrlimit(resource, &now); err != nil {
		return err
	}
	return syscall.Setrlimit(resource, &syscall.Rlimit{
		Cur: min(want, now.Max), Max: min(want+uint64(slack), now.Max),
	})
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// limitFromOutside sets the limits of a process that runs without the helper,
// just after its start; a process that already ended is no fault.
func limitFromOutside(pid int, c Command) {
	set := func(resource int, value, slack int64) {
		if value > 0 {
			_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: uint64(value), Max: uint64(value + slack)}, nil)
		}
	}
	set(unix.RLIMIT_AS, c.Limits.Memory, 0)
	set(unix.RLIMIT_CPU, seconds(c.Limits.CPU), 1)
	set(unix.RLIMIT_FSIZE, c.Limits.FileSize, 0)
	set(unix.RLIMIT_NOFILE, int64(c.Limits.OpenFiles), 0)
	_ = unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	if c.Nice > 0 {
		_ = unix.Setpriority(unix.PRIO_PROCESS, pid, c.Nice)
	}
}
