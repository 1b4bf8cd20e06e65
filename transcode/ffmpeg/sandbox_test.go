package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ground is what the spy is set loose on.
type ground struct {
	canary, outside, dir, input string
	tcp                         net.Listener
	udp                         net.PacketConn
	unix                        net.Listener
}

func newGround(t *testing.T) ground {
	t.Helper()
	g := ground{
		canary: writeFile(t, "canary", []byte("secret")), outside: t.TempDir(), dir: t.TempDir(),
		input: writeFile(t, "source", []byte("media")),
	}
	var err error
	g.tcp, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { g.tcp.Close() })
	g.udp, err = net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { g.udp.Close() })
	sock, err := os.MkdirTemp("", "s")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(sock) })
	g.unix, err = net.Listen("unix", filepath.Join(sock, "s"))
	require.NoError(t, err)
	t.Cleanup(func() { g.unix.Close() })
	return g
}

// release lets the spy loose and returns what it could do.
func (g ground) release(t *testing.T, r *Runner) attempt {
	t.Helper()
	var out, log bytes.Buffer
	err := r.Run(t.Context(), Command{
		Args: []string{
			"spy:try", g.canary, g.outside, g.tcp.Addr().String(), g.udp.LocalAddr().String(),
			g.unix.Addr().String(), g.input,
		},
		Input: g.input, Dir: g.dir, Stdout: &out, Log: &log, Nice: 3,
		Limits: Limits{CPU: 30 * time.Second, Wall: time.Minute, OpenFiles: 64},
	})
	require.NoError(t, err, log.String())
	var a attempt
	require.NoError(t, json.Unmarshal(out.Bytes(), &a), out.String())
	return a
}

// spyRunner has this test binary in ffmpeg's place.
func spyRunner(t *testing.T, sandboxed bool) *Runner {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	r := newRunner(t, func(c *Config) { c.FFmpeg = self; c.Grace = 200 * time.Millisecond })
	if !sandboxed {
		r.self = ""
	} else if !slices.ContainsFunc(r.layers, isLandlock) || !slices.Contains(r.layers, "seccomp") {
		t.Skip("this system has no Landlock or no seccomp: ", r.layers)
	}
	return r
}

func TestSandboxHoldsASpy(t *testing.T) {
	t.Setenv("RUNNEL_SECRET", "hunter2")
	g := newGround(t)
	a := g.release(t, spyRunner(t, true))

	require.True(t, a.ReadInput, "the input must be readable")
	require.True(t, a.WriteDir, "the folder must be writable")
	for name, could := range a.forbidden() {
		require.False(t, could, name)
	}
	require.NoFileExists(t, filepath.Join(g.outside, "escaped"))
	require.ElementsMatch(t, []string{"LC_ALL=C", "AV_LOG_FORCE_NOCOLOR=1"}, a.Environment)
	require.True(t, a.NoNewPrivs)
	require.Contains(t, []string{"0000000000000000", "0000000000000006", "0000000000000002", "0000000000000004"}, a.Capabilities)
	require.EqualValues(t, 64, a.OpenFiles)
	require.Zero(t, a.Core)
	require.Equal(t, 3, a.Nice)
	require.NoError(t, g.udp.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, _, err := g.udp.ReadFrom(make([]byte, 16))
	require.Error(t, err, "a datagram came through")
}

// TestSpyIsCapable shows that the spy's attempts are real: without the sandbox
// they succeed.
func TestSpyIsCapable(t *testing.T) {
	g := newGround(t)
	a := g.release(t, spyRunner(t, false))
	require.True(t, a.ReadInput)
	rootOnly := []string{"RaiseLimit", "TraceParent", "NewSession", "ListHome"}
	for name, could := range a.forbidden() {
		if !slices.Contains(rootOnly, name) {
			require.True(t, could, name)
		}
	}
	require.Empty(t, slices.DeleteFunc(a.Environment, func(s string) bool {
		return s == "LC_ALL=C" || s == "AV_LOG_FORCE_NOCOLOR=1"
	}))
}

func (a attempt) forbidden() map[string]bool {
	return map[string]bool{
		"ReadPasswd": a.ReadPasswd, "ReadCanary": a.ReadCanary, "ListRoot": a.ListRoot, "ListHome": a.ListHome,
		"WriteOutside": a.WriteOutside, "WriteInput": a.WriteInput, "ExecWritten": a.ExecWritten, "Symlink": a.Symlink,
		"DialTCP": a.DialTCP, "SendUDP": a.SendUDP, "DialUnix": a.DialUnix, "ListenTCP": a.ListenTCP, "Socketpair": a.Socketpair,
		"Fork": a.Fork, "NewSession": a.NewSession, "SignalParent": a.SignalParent, "ReadParent": a.ReadParent,
		"TraceParent": a.TraceParent, "RaiseLimit": a.RaiseLimit, "LimitParent": a.LimitParent,
		"KeepAfterParent": a.KeepAfterParent, "MemoryFile": a.MemoryFile,
	}
}

func TestLayersAreFoundByTrying(t *testing.T) {
	r := newRunner(t, nil)
	require.Contains(t, r.Layers(), "rlimits")
	require.Contains(t, r.Layers(), "process-group")
	require.Contains(t, r.Layers(), "no-new-privs")

	r.self = "/bin/false"
	require.Equal(t, []string{"rlimits", "process-group"}, r.detectLayers(context.Background()))
	require.Empty(t, r.self, "a helper that does not work must not be used")
}

func TestRequireSandboxRefusesToStart(t *testing.T) {
	needTools(t)
	_, err := New(Config{RequireSandbox: true, Self: "/bin/false"}, quiet())
	require.ErrorContains(t, err, "Landlock")
}

func TestSandboxIsQuick(t *testing.T) {
	r := newRunner(t, nil)
	best := time.Hour
	for range 5 {
		began := time.Now()
		_, err := r.Version(t.Context())
		require.NoError(t, err)
		best = min(best, time.Since(began))
	}
	began := time.Now()
	r.self = ""
	_, err := r.Version(t.Context())
	require.NoError(t, err)
	t.Logf("ffmpeg -version: %v sandboxed, %v without", best, time.Since(began))
}

func TestVersion(t *testing.T) {
	v, err := newRunner(t, nil).Version(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^ffmpeg \S+$`, v)
}
