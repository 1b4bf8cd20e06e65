package ffmpeg

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The helper's place on the command line: runnel sandbox-exec POLICY -- TOOL
// ARGS… .
const (
	sandboxCommand = "sandbox-exec"
	sandboxPrefix  = "runnel sandbox: "
	sandboxExit    = 125
)

// reexecutable records that this process's main called MaybeSandbox, so that
// starting the same binary again makes a helper and not a second server (or, in
// a test binary, every test once more). It is a fact about the program.
var reexecutable atomic.Bool

// policy is what the helper applies to itself before it becomes the tool.
type policy struct {
	Parent   int      `json:"parent"`          // the helper ends if this is not its parent
	Tool     string   `json:"tool"`            // may be executed
	Input    string   `json:"input,omitempty"` // may be read
	Dir      string   `json:"dir,omitempty"`   // may be read and written
	ReadOnly []string `json:"readOnly,omitempty"`
	Limits   Limits   `json:"limits"`
	Nice     int      `json:"nice,omitempty"`
	Check    bool     `json:"check,omitempty"` // report what works instead of becoming a tool
}

func (r *Runner) policy(c Command) policy {
	return policy{
		Parent: os.Getpid(), Tool: r.tools[c.Tool], Input: c.Input, Dir: c.Dir,
		ReadOnly: r.cfg.ReadOnly, Limits: c.Limits, Nice: c.Nice,
	}
}

// wrap returns the helper's arguments for running tool with args.
func (p policy) wrap(tool string, args []string) ([]string, error) {
	encoded, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return append([]string{sandboxCommand, string(encoded), "--", tool}, args...), nil
}

// MaybeSandbox must be the first call in main, and in TestMain of every package
// that wants its runs sandboxed. In an ordinary start it returns at once. In a
// process that a Runner started as its helper it confines the process, becomes
// the tool and does not return.
func MaybeSandbox() {
	reexecutable.Store(true)
	if len(os.Args) < 5 || os.Args[1] != sandboxCommand || os.Args[3] != "--" {
		return
	}
	err := enter(os.Args[2], os.Args[4:])
	fmt.Fprintln(os.Stderr, sandboxPrefix+err.Error())
	os.Exit(sandboxExit)
}

// toolEnv is a tool's whole environment. Nothing of ours: that may hold secrets.
func toolEnv() []string { return []string{"LC_ALL=C", "AV_LOG_FORCE_NOCOLOR=1"} }

// helperEnv is the helper's environment. One processor and no collector: the
// less its runtime does by itself, the sooner it is the tool.
func helperEnv() []string { return []string{"GOMAXPROCS=1", "GOGC=off"} }

// enter returns only when something failed.
func enter(encoded string, argv []string) error {
	var p policy
	if err := json.Unmarshal([]byte(encoded), &p); err != nil {
		return err
	}
	// What follows belongs to the thread that calls execve, and that thread
	// becomes the tool.
	runtime.LockOSThread()
	if err := p.dieWithParent(); err != nil {
		return err
	}
	if p.Check {
		return p.report()
	}
	if err := p.confine(); err != nil {
		return err
	}
	return become(argv, p.Limits.Memory)
}

// dieWithParent asks for SIGKILL when the parent's thread ends. os/exec asked
// for it before, but that setting stayed with the thread it was made on.
func (p policy) dieWithParent() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("pdeathsig: %w", err)
	}
	if os.Getppid() != p.Parent {
		return fmt.Errorf("the parent is gone")
	}
	return nil
}

// confine applies every layer but the memory limit. Layers that this kernel
// does not have are passed over; New has found out which.
func (p policy) confine() error {
	if err := p.applyLimits(); err != nil {
		return err
	}
	dropCapabilities()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if err := p.restrictFiles(); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if err := restrictSyscalls(); err != nil && seccompThere() {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}

// dropCapabilities empties the bounding set, so that a server that runs as root
// does not hand root's powers on: execve as user 0 grants what is in that set.
// The right to pass over file permissions stays, as the input may belong to
// another user; Landlock bounds what it reaches. Without root it does nothing.
func dropCapabilities() {
	keep := []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if !slices.Contains(keep, c) {
			_ = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		}
	}
}
