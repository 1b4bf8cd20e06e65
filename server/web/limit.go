package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"
)

// limiter counts events per key in a sliding pair of fixed windows and says when
// a key has had enough. It holds at most maxKeys keys: beyond that it forgets
// those at rest and then any, so memory stays bounded whatever the number of
// strangers.
//
// With a Counter it counts there as well, with the other servers. What came
// through this server it always knows by itself, so that the limit holds for it
// while the Counter is out of reach.
type limiter struct {
	max    int
	window time.Duration
	now    func() time.Time

	shared Counter // nil: none
	name   string  // of the limit, at the Counter
	secret []byte  // hides accounts and addresses there

	mu   sync.Mutex
	keys map[string]*tally
}

type tally struct {
	start      time.Time
	count, was int // in this window and in the one before
}

const maxKeys = 20_000

func newLimiter(limit int, window time.Duration, now func() time.Time) *limiter {
	return &limiter{max: limit, window: window, now: now, keys: map[string]*tally{}}
}

// share makes l count with other servers.
func (l *limiter) share(with Counter, name string, secret []byte) {
	l.shared, l.name, l.secret = with, name, derive(secret, "runnel limit 1")
}

// take counts one event of the key and reports whether it is within the limit;
// if not, it returns how many seconds to wait and the event is not counted.
func (l *limiter) take(ctx context.Context, key string) (wait int, ok bool) {
	if wait, ok = l.takeHere(key); !ok || l.shared == nil {
		return wait, ok
	}
	ok, after, err := l.shared.Allow(ctx, l.hidden(key), l.max, l.window)
	if err != nil || ok {
		return 0, true
	}
	l.giveBackHere(key)
	return int(after/time.Second) + 1, false
}

// hidden is the key at the Counter.
func (l *limiter) hidden(key string) string {
	m := hmac.New(sha256.New, l.secret)
	m.Write([]byte(key))
	return l.name + ":" + hex.EncodeToString(m.Sum(nil)[:16])
}

func (l *limiter) takeHere(key string) (wait int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	t := l.tally(key, now)
	left := t.start.Add(l.window).Sub(now)
	weighted := float64(t.was)*float64(left)/float64(l.window) + float64(t.count)
	if weighted >= float64(l.max) {
		return int(left/time.Second) + 1, false
	}
	t.count++
	return 0, true
}

// giveBack undoes one take, for an attempt that turned out well.
func (l *limiter) giveBack(ctx context.Context, key string) {
	l.giveBackHere(key)
	if l.shared != nil {
		l.shared.GiveBack(ctx, l.hidden(key), l.window)
	}
}

func (l *limiter) giveBackHere(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.keys[key]; t != nil && t.count > 0 {
		t.count--
	}
}

func (l *limiter) tally(key string, now time.Time) *tally {
	t := l.keys[key]
	if t == nil {
		l.makeRoom(now)
		t = &tally{start: now}
		l.keys[key] = t
	}
	switch age := now.Sub(t.start); {
	case age >= 2*l.window || age < 0:
		*t = tally{start: now}
	case age >= l.window:
		*t = tally{start: t.start.Add(l.window), was: t.count}
	}
	return t
}

func (l *limiter) makeRoom(now time.Time) {
	if len(l.keys) < maxKeys {
		return
	}
	for k, t := range l.keys {
		if now.Sub(t.start) >= 2*l.window {
			delete(l.keys, k)
		}
	}
	for k := range l.keys { // still full: any key may go, a tenth at once
		if len(l.keys) < maxKeys*9/10 {
			return
		}
		delete(l.keys, k)
	}
}

// network returns the network of a client's address, /24 or /48: enough to tell
// an operator where load comes from, too little to follow a person.
func network(ip string) string { return prefix(ip, 24, 48) }

// origin returns what limits count as one client: an IPv4 address or a /64.
func origin(ip string) string { return prefix(ip, 32, 64) }

func prefix(ip string, v4, v6 int) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	bits := v6
	if a.Is4() {
		bits = v4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
