package web

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"runnel/models"
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

// council is a Counter in the shape of one: what several servers would share.
type council struct {
	l    *limiter
	down atomic.Bool
	keys sync.Map
}

func (c *council) Allow(_ context.Context, key string, _ int, _ time.Duration) (bool, time.Duration, error) {
	if c.down.Load() {
		return false, 0, models.ErrUnavailable
	}
	c.keys.Store(key, true)
	wait, ok := c.l.takeHere(key)
	return ok, time.Duration(wait) * time.Second, nil
}

func (c *council) GiveBack(_ context.Context, key string, _ time.Duration) { c.l.giveBackHere(key) }

// TestSharedLimit: servers with one Counter have one limit, each knows what came
// through it while the Counter is away, and the Counter learns no address.
func TestSharedLimit(t *testing.T) {
	now := newClock().now
	shared := &council{l: newLimiter(10, time.Minute, now)}
	servers := make([]*limiter, 2)
	for i := range servers {
		servers[i] = newLimiter(10, time.Minute, now)
		servers[i].share(shared, "test", []byte("0123456789abcdef0123456789abcdef"))
	}
	const key = "203.0.113.77"
	take := func(i, n int) (passed int) {
		for range n {
			if wait, ok := servers[i].take(t.Context(), key); ok {
				passed++
			} else if wait < 1 {
				t.Errorf("server %d: wait %d", i, wait)
			}
		}
		return passed
	}
	if a, b := take(0, 6), take(1, 6); a != 6 || b != 4 {
		t.Errorf("%d and %d passed, want 6 and 4", a, b)
	}
	servers[1].giveBack(t.Context(), key)
	if a := take(0, 3); a != 1 {
		t.Errorf("%d passed after one was given back elsewhere, want 1", a)
	}
	shared.down.Store(true)
	if a, b := take(0, 9), take(1, 9); a != 3 || b != 7 {
		t.Errorf("%d and %d passed alone, want 3 and 7: each what is left of its own", a, b)
	}
	shared.keys.Range(func(k, _ any) bool {
		if strings.Contains(k.(string), "203") || !strings.HasPrefix(k.(string), "test:") {
			t.Errorf("key %q", k)
		}
		return true
	})
}
