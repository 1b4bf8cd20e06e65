package ingest

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// The points at which a test may end the process (see CrashFromEnv): those that a
// job passes, in that order, then that of a deletion.
const (
	AfterBlockPut  = "after-block-put"
	BeforeManifest = "before-manifest"
	AfterManifest  = "after-manifest"
	BeforeCommit   = "before-commit"
	AfterCommit    = "after-commit"
	BeforeAnnounce = "before-announce"

	BeforeSourceDelete = "before-source-delete" // a release is gone, the file it was made of is not
)

// CrashFromEnv reads RUNNEL_CRASH_AT, "name" or "name:n", and returns what to
// call at each point: the n-th time (1 if not given) that the named point is
// reached, the process dies as by kill -9. Without the variable it does
// nothing. It exists so that a node's promises about crashes can be tested on
// the program that is shipped.
func CrashFromEnv(getenv func(string) string) func(point string) {
	name, count, _ := strings.Cut(getenv("RUNNEL_CRASH_AT"), ":")
	if name == "" {
		return func(string) {}
	}
	at, err := strconv.Atoi(count)
	if err != nil || at < 1 {
		at = 1
	}
	var passed atomic.Int64
	return func(point string) {
		if point != name || passed.Add(1) != int64(at) {
			return
		}
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
			select {} // until the signal has come
		}
	}
}
