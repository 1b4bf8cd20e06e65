package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// migrateEnv has this test's program open the database that it names, which
// migrates it, and end.
const migrateEnv = "RUNNEL_TEST_MIGRATE"

// migrateAs keeps to one thread, whose system calls can be counted.
func migrateAs(url string) int {
	runtime.LockOSThread()
	c, err := Open(context.Background(), Config{Secret: secret(), URL: url}, slog.New(slog.DiscardHandler))
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// migrateUnder migrates in a program of its own under strace and returns the
// most calls that one of its threads made. Told to, it is killed at the n-th.
func migrateUnder(t *testing.T, url, calls string, n int) (most int, killed bool) {
	t.Helper()
	tool, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: no migration is killed midway")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	args := []string{"-f", "-o", trace, "-e", "trace=" + calls}
	if n > 0 {
		args = append(args, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", calls, n))
	}
	cmd := exec.CommandContext(t.Context(), tool, append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), migrateEnv+"="+url)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.String() == "signal: killed" {
		return 0, true
	}
	require.NoError(t, err, string(out))
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	counts := map[string]int{}
	for line := range strings.Lines(string(text)) {
		thread, call, _ := strings.Cut(line, " ")
		if strings.Contains(call, "(") && !strings.Contains(call, "resumed>") {
			counts[thread]++
			most = max(most, counts[thread])
		}
	}
	return most, false
}

func TestKilledWhileMigrating(t *testing.T) {
	testKilledWhileMigrating(t, "pwrite64,fsync,fdatasync", func(t *testing.T) string { return filepath.Join(t.TempDir(), "runnel.db") })
}

// testKilledWhileMigrating is D10: killed while it brings an old database up to
// date, early, in the middle and late in all that it writes, a program leaves one that the
// next start brings up to date, with nothing lost.
func testKilledWhileMigrating(t *testing.T, calls string, fresh func(t *testing.T) string) {
	url := fresh(t)
	fillPrevious(t, url)
	all, killed := migrateUnder(t, url, calls, 0)
	require.False(t, killed)
	require.Greater(t, all, 20, "too few calls to be those of a migration")
	for _, percent := range []int{25, 50, 80} {
		url := fresh(t)
		ids := fillPrevious(t, url)
		at := all * percent / 100
		_, killed := migrateUnder(t, url, calls, at)
		require.True(t, killed, "not killed at call %d of %d", at, all)
		checkMigrated(t, url, ids)
	}
}
