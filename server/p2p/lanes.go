package p2p

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// lanes let few messages with blocks go out at a time, the one of whoever got
// least of late first: who asks for much does not keep waiting who asks for
// little. Many at once would each have a small part of the processor, and all be
// late. A message that a line holds up gives its lane back while it is under way.
type lanes struct {
	now func() time.Time

	mu      sync.Mutex
	free    int
	waiting []*passage // those that came first, first
	got     map[string]*lately
}

// passage is a message that waits for a lane.
type passage struct {
	to   string
	size int
	goes chan struct{}
}

// lately is how many bytes somebody got, each the less the longer ago.
type lately struct {
	bytes float64
	at    time.Time
}

const (
	// laneCount messages go out at once.
	laneCount = 8
	// laneTime is how long a message keeps its lane: on a fast line it is through
	// by then, on a slow one it takes no processor.
	laneTime = 3 * time.Millisecond
	// halfForgotten is when half of what somebody got is.
	halfForgotten = time.Second
	// maxLately bounds how many are remembered; who got next to nothing is
	// forgotten.
	maxLately = 4096
)

func newLanes(now func() time.Time) *lanes {
	return &lanes{now: now, free: laneCount, got: map[string]*lately{}}
}

// take returns when a message of size bytes may go to somebody, or ctx ends. The
// caller calls done when it is through.
func (l *lanes) take(ctx context.Context, to string, size int) (done func(), err error) {
	p := &passage{to: to, size: size, goes: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, p)
	l.serve()
	l.mu.Unlock()
	select {
	case <-p.goes:
	case <-ctx.Done():
		if l.leave(p) {
			return nil, ctx.Err()
		}
	}
	back := sync.OnceFunc(l.back)
	early := time.AfterFunc(laneTime, back)
	return func() { early.Stop(); back() }, nil
}

// leave reports whether a message still waited.
func (l *lanes) leave(p *passage) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, p)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return i >= 0
}

func (l *lanes) back() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free++
	l.serve()
}

// serve gives the free lanes to those who got least. The caller holds mu.
func (l *lanes) serve() {
	now := l.now()
	for l.free > 0 && len(l.waiting) > 0 {
		least, best := 0, math.Inf(1)
		for i, p := range l.waiting {
			if had := l.had(p.to, now); had < best {
				least, best = i, had
			}
		}
		p := l.waiting[least]
		l.waiting = slices.Delete(l.waiting, least, least+1)
		l.free--
		l.credit(p, now)
		close(p.goes)
	}
}

func (l *lanes) had(who string, now time.Time) float64 {
	g := l.got[who]
	if g == nil {
		return 0
	}
	g.bytes *= math.Exp2(-now.Sub(g.at).Seconds() / halfForgotten.Seconds())
	g.at = now
	return g.bytes
}

func (l *lanes) credit(p *passage, now time.Time) {
	if len(l.got) >= maxLately {
		for who := range l.got {
			if l.had(who, now) < 1 {
				delete(l.got, who)
			}
		}
		if len(l.got) >= maxLately { // all of late: everyone begins anew
			clear(l.got)
		}
	}
	g := l.got[p.to]
	if g == nil {
		g = &lately{at: now}
		l.got[p.to] = g
	}
	g.bytes += float64(p.size)
}
