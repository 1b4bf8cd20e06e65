package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// checkTimeout bounds the helper's report on itself.
const checkTimeout = 10 * time.Second

// helperPath returns what to execute as the helper, or nothing when this
// program cannot be one.
func helperPath(self string) string {
	if self != "" {
		return self
	}
	if reexecutable.Load() {
		return "/proc/self/exe" // stays right when the file is replaced by an upgrade
	}
	return ""
}

// detectLayers finds the active layers by running the helper, which applies
// them to itself and then tries what they should prevent. Without a helper only
// limits from outside and the process group remain.
func (r *Runner) detectLayers(ctx context.Context) []string {
	outside := []string{"rlimits", "process-group"}
	if r.self == "" {
		r.log.Warn("ffmpeg runs without a sandbox: this program's main does not call MaybeSandbox")
		return outside
	}
	layers, err := r.askHelper(ctx)
	if err != nil {
		r.log.Warn("ffmpeg runs without a sandbox: the helper does not work", "error", err)
		r.self = ""
		return outside
	}
	return append(layers, "process-group")
}

func (r *Runner) askHelper(ctx context.Context) ([]string, error) {
	ctx, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	p := r.policy(Command{})
	p.Check = true
	args, err := p.wrap(r.tools[FFmpeg], nil)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, r.self, args...)
	cmd.Env = helperEnv()
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	var stdout bytes.Buffer
	cmd.Stdout = &limitWriter{w: &stdout, left: 4096, full: stop}
	stderr := &tailBuffer{max: 512}
	cmd.Stderr = stderr
	runtime.LockOSThread() // the helper dies with the thread that made it
	defer runtime.UnlockOSThread()
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr)
	}
	var layers []string
	return layers, json.Unmarshal(stdout.Bytes(), &layers)
}

// report confines the process, tries each layer, prints the active ones and
// ends the process. It returns only when something failed.
func (p policy) report() error {
	before := probeLayers()
	if err := p.confine(); err != nil {
		return err
	}
	after := probeLayers()
	var layers []string
	add := func(name string, active bool) {
		if active {
			layers = append(layers, name)
		}
	}
	abi, _ := llsys.LandlockGetABIVersion()
	add(fmt.Sprintf("landlock-v%d", min(abi, landlockABI)), before.canList && !after.canList)
	add("seccomp", before.canSocket && !after.canSocket)
	add("no-new-privs", after.noNewPrivs)
	add("rlimits", after.noCore)
	if err := json.NewEncoder(os.Stdout).Encode(layers); err != nil {
		return err
	}
	syscall.Exit(0) // at once: nothing here waits to be flushed, and the race detector would sleep for a second
	return nil
}

// observed is what a process can do.
type observed struct {
	canList    bool // read the root folder, which no tool needs
	canSocket  bool // make a UDP socket
	noNewPrivs bool
	noCore     bool
}

func probeLayers() observed {
	var o observed
	if f, err := os.Open("/"); err == nil {
		o.canList = true
		f.Close()
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	// A system without IPv4 can be told from a filter: only that says EPERM.
	o.canSocket = !errors.Is(err, unix.EPERM)
	n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	o.noNewPrivs = err == nil && n == 1
	var core syscall.Rlimit
	o.noCore = syscall.Getrlimit(unix.RLIMIT_CORE, &core) == nil && core.Max == 0
	return o
}

func isLandlock(layer string) bool { return strings.HasPrefix(layer, "landlock") }
