package p2p

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// egress paces the bytes of blocks that go out to all peers together: a bucket
// of tokens, one a byte, filled at the limit's rate. Peers that wait get their
// turn one after the other, each with one message, so that the one that asks
// for most does not get most.
type egress struct {
	rate  float64 // bytes a second; 0: no limit
	burst float64
	now   func() time.Time

	mu     sync.Mutex
	tokens float64 // below zero while a message larger than what is there is paid off
	at     time.Time
	queues map[peer.ID][]*turn
	order  []peer.ID // who has turns waiting, next first
	timer  *time.Timer
	held   time.Duration // total time that messages waited
}

// turn is a message that waits.
type turn struct {
	size  int
	since time.Time
	goes  chan struct{}
}

// burstTime is how much of a quiet time may be sent at once later.
const burstTime = 250 * time.Millisecond

// newEgress takes the limit in bytes a second, 0 for none.
func newEgress(limit int64, now func() time.Time) *egress {
	return &egress{
		rate: float64(limit), burst: float64(limit) * burstTime.Seconds(), now: now,
		tokens: float64(limit) * burstTime.Seconds(), at: now(), queues: map[peer.ID][]*turn{},
	}
}

// wait returns when size bytes may go to a peer, or ctx ends.
func (e *egress) wait(ctx context.Context, to peer.ID, size int) error {
	if e.rate == 0 {
		return ctx.Err()
	}
	t := e.queue(to, size)
	select {
	case <-t.goes:
		return nil
	case <-ctx.Done():
		e.leave(to, t)
		return ctx.Err()
	}
}

func (e *egress) queue(to peer.ID, size int) *turn {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := &turn{size: size, since: e.now(), goes: make(chan struct{})}
	if len(e.queues[to]) == 0 {
		e.order = append(e.order, to)
	}
	e.queues[to] = append(e.queues[to], t)
	e.serve()
	return t
}

// serve lets go whoever there are tokens for, and comes again when there are
// tokens for the next. A message goes when the bucket is not empty and leaves
// it in debt: it may be larger than the bucket. The caller holds mu.
func (e *egress) serve() {
	now := e.now()
	e.tokens = min(e.burst, e.tokens+now.Sub(e.at).Seconds()*e.rate)
	e.at = now
	for len(e.order) > 0 && e.tokens > 0 {
		to := e.order[0]
		t := e.queues[to][0]
		e.order = e.order[1:]
		if e.queues[to] = e.queues[to][1:]; len(e.queues[to]) > 0 {
			e.order = append(e.order, to) // behind those who wait
		} else {
			delete(e.queues, to)
		}
		e.tokens -= float64(t.size)
		e.held += now.Sub(t.since)
		close(t.goes)
	}
	if len(e.order) > 0 {
		e.later(time.Duration((1 - e.tokens) / e.rate * float64(time.Second)))
	}
}

func (e *egress) later(d time.Duration) {
	if e.timer != nil {
		e.timer.Reset(d)
		return
	}
	e.timer = time.AfterFunc(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.serve()
	})
}

// leave gives up a turn. One that was let go meanwhile has paid.
func (e *egress) leave(to peer.ID, gone *turn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	left := slices.DeleteFunc(e.queues[to], func(t *turn) bool { return t == gone })
	if e.queues[to] = left; len(left) == 0 {
		delete(e.queues, to)
		e.order = slices.DeleteFunc(e.order, func(p peer.ID) bool { return p == to })
	}
}

// waited returns how long messages have waited in all, and how many wait now.
func (e *egress) waited() (time.Duration, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, q := range e.queues {
		n += len(q)
	}
	return e.held, n
}
