package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledWhileCleaning is D2 of what takes away: the node dies between a
// release's row and the file it was made of, and gc in the middle of removing
// blocks. What is left over goes, what is needed stays, and check finds nothing.
func TestKilledWhileCleaning(t *testing.T) {
	tool, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: no collection is killed midway")
	}
	n := newNode(t, "--gateway-http", "")
	n.env = []string{"RUNNEL_CRASH_AT=before-source-delete"}
	n.start()
	var kept, gone struct{ ID, Manifest string }
	require.NoError(t, json.Unmarshal([]byte(n.must("publish", clip(t, 1, "160x120"), "--json")), &kept))
	require.NoError(t, json.Unmarshal([]byte(n.must("publish", clip(t, 5, "176x144"), "--json")), &gone))
	require.Len(t, n.files("uploads"), 2)

	lines := strings.Split(strings.TrimSpace(n.must("token", "create", "owner")), "\n")
	bearer := map[string][]string{"Authorization": {"Bearer " + lines[len(lines)-1]}}
	ask := asker{n.url(), t}
	require.Error(t, ask.try("DELETE", "/api/v1/releases/"+gone.ID, bearer), "the point was not reached")
	<-n.done
	n.cmd, n.env = nil, nil
	require.Len(t, n.files("uploads"), 2)
	n.must("check")
	n.start()
	n.until(20*time.Second, "tidy", func() bool { return len(n.files("uploads")) == 1 })
	require.Equal(t, 404, ask.json("GET", "/api/v1/releases/"+gone.ID, "", bearer).StatusCode)

	// A thread's fourth removal ends the process; a run in which none gets as far
	// is the last one.
	left, killed := len(n.files("blocks")), 0
	for range 2 {
		cmd := exec.Command(tool, "-f", "-o", os.DevNull, "-e", "trace=unlinkat", "-e", "inject=unlinkat:signal=KILL:when=4", binary, "gc", "--grace", "0s", "--data", n.data)
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		exit := (*exec.ExitError)(nil)
		require.True(t, errors.As(err, &exit) && exit.String() == "signal: killed", "%v: %s", err, out)
		killed++
		require.Less(t, len(n.files("blocks")), left, "killed before it removed anything")
		left = len(n.files("blocks"))
		n.must("check")
	}
	require.NotZero(t, killed)
	n.must("gc", "--grace", "0s")
	require.Contains(t, n.must("verify", kept.Manifest), "all as signed by")
	_, err = n.run("verify", gone.Manifest)
	require.Error(t, err)
	t.Logf("killed %d times", killed)
	n.kill()
	n.must("check")
}
