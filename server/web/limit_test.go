package web

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that a test moves by hand.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

func TestLimiter(t *testing.T) {
	c := newClock()
	l := newLimiter(10, time.Minute, c.now)
	take := func(key string, n int) (ok int) {
		for range n {
			if _, good := l.take(t.Context(), key); good {
				ok++
			}
		}
		return ok
	}
	if got := take("a", 12); got != 10 {
		t.Errorf("%d of 12 passed, want 10", got)
	}
	if got := take("b", 1); got != 1 {
		t.Error("another key was limited")
	}
	if wait, ok := l.take(t.Context(), "a"); ok || wait < 1 || wait > 61 {
		t.Errorf("wait = %d, ok = %v", wait, ok)
	}
	c.advance(90 * time.Second) // half of the next window: half of the old one still counts
	if got := take("a", 12); got != 5 {
		t.Errorf("%d passed half a window later, want 5", got)
	}
	c.advance(3 * time.Minute)
	if got := take("a", 12); got != 10 {
		t.Errorf("%d passed after a rest, want 10", got)
	}
	l.giveBack(t.Context(), "a")
	if got := take("a", 2); got != 1 {
		t.Errorf("%d passed after one was given back, want 1", got)
	}
	c.advance(-time.Hour) // the clock was set back
	if got := take("a", 12); got != 10 {
		t.Errorf("%d passed after the clock went back, want 10", got)
	}
}

func TestLimiterRace(t *testing.T) {
	l := newLimiter(10, time.Minute, newClock().now)
	var passed atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, ok := l.take(t.Context(), "k"); ok {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 10 {
		t.Errorf("%d of 50 parallel attempts passed, want 10", passed.Load())
	}
}

func TestLimiterBounded(t *testing.T) {
	l := newLimiter(1, time.Minute, newClock().now)
	for i := range maxKeys + 500 {
		l.take(t.Context(), strconv.Itoa(i))
	}
	if len(l.keys) > maxKeys {
		t.Errorf("%d keys are held, at most %d may be", len(l.keys), maxKeys)
	}
}

func TestNetwork(t *testing.T) {
	for ip, want := range map[string][2]string{
		"203.0.113.77":         {"203.0.113.0/24", "203.0.113.77/32"},
		"::ffff:203.0.113.77":  {"203.0.113.0/24", "203.0.113.77/32"},
		"2001:db8:1:2:3:4:5:6": {"2001:db8:1::/48", "2001:db8:1:2::/64"},
		"fe80::1%eth0":         {"fe80::/48", "fe80::/64"},
		"nonsense":             {"unknown", "unknown"},
	} {
		if got := [2]string{network(ip), origin(ip)}; got != want {
			t.Errorf("%s: %v, want %v", ip, got, want)
		}
	}
}
