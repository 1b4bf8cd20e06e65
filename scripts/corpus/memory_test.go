package corpus

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// most is the resident memory that a node and what it starts may take together.
const most = 2 << 30

// weigh follows the memory of a process and all below it; the result is the most
// that was seen. It ends with the test.
func weigh(t *testing.T, pid int) *atomic.Int64 {
	peak := new(atomic.Int64)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				peak.Store(max(peak.Load(), resident(pid)))
			case <-ctx.Done():
				return
			}
		}
	}()
	return peak
}

// resident sums the resident sets of a process and all below it. A process that
// ends meanwhile counts nothing.
func resident(pid int) int64 {
	var pages int64
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
		if fields := strings.Fields(string(raw)); len(fields) > 1 {
			pages, _ = strconv.ParseInt(fields[1], 10, 64)
		}
	}
	sum := pages * int64(os.Getpagesize())
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, thread := range threads {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		for _, child := range strings.Fields(string(raw)) {
			if n, err := strconv.Atoi(child); err == nil {
				sum += resident(n)
			}
		}
	}
	return sum
}
