package p2p

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/boxo/exchange"
	"github.com/ipfs/go-cid"
)

// sessions keeps one Bitswap session for each root that is being fetched: a
// session remembers which peers had earlier blocks of the same release and
// asks those. The least recently used one goes when there are too many, and
// each when it was idle for long.
type sessions struct {
	max  int
	idle time.Duration
	open func(context.Context) exchange.Fetcher

	mu     sync.Mutex
	byRoot map[cid.Cid]*list.Element // of *session
	order  *list.List                // most recently used first
	closed bool
}

// session is one root's session and the fetches under way in it.
type session struct {
	exchange.Fetcher
	root  cid.Cid
	end   context.CancelFunc
	heard atomic.Int64 // UnixNano of the last block that came

	holders holders

	// Guarded by sessions.mu.
	used    time.Time
	flights map[cid.Cid]*flight
	gone    bool // takes no more fetches; ends with its last one
}

func newSessions(limit int, idle time.Duration, open func(context.Context) exchange.Fetcher) *sessions {
	return &sessions{max: limit, idle: idle, open: open, byRoot: map[cid.Cid]*list.Element{}, order: list.New()}
}

// join adds a caller to the fetch of c in root's session. When there is none
// yet, first is true and the caller has to start it. After closeAll it returns
// nil.
func (s *sessions) join(root, c cid.Cid) (in *session, f *flight, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, false
	}
	in = s.get(root)
	in.used = time.Now()
	f, ok := in.flights[c]
	if !ok {
		f = newFlight(c)
		in.flights[c] = f
	}
	f.callers++
	return in, f, !ok
}

// get returns root's session, a new one if need be.
func (s *sessions) get(root cid.Cid) *session {
	e, ok := s.byRoot[root]
	if !ok {
		ctx, end := context.WithCancel(context.Background())
		e = s.order.PushFront(&session{Fetcher: s.open(ctx), root: root, end: end, flights: map[cid.Cid]*flight{}})
		s.byRoot[root] = e
	}
	s.order.MoveToFront(e)
	for s.order.Len() > s.max {
		s.drop(s.order.Back())
	}
	return e.Value.(*session)
}

// leave takes a caller away from f, and tells f when it was the last one.
func (s *sessions) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.callers--
	if f.callers == 0 {
		f.deserted = time.Now()
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// desertedFor returns how long nobody has waited for f at the given time.
func (s *sessions) desertedFor(f *flight, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.callers > 0 {
		return 0
	}
	return now.Sub(f.deserted)
}

// land takes f out of its session. One that ended without a block takes the
// session with it: the peers that the session knows were no help, and a new one
// asks all.
func (s *sessions) land(in *session, f *flight, got bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(in.flights, f.cid)
	in.used = time.Now()
	if e := s.byRoot[in.root]; !got && !in.gone && e != nil {
		s.drop(e)
	}
	if in.gone && len(in.flights) == 0 {
		in.end()
	}
}

// drop forgets a session; the fetches in it may finish.
func (s *sessions) drop(e *list.Element) {
	old := s.order.Remove(e).(*session)
	delete(s.byRoot, old.root)
	old.gone = true
	if len(old.flights) == 0 {
		old.end()
	}
}

// expire drops what was idle for too long at the given time.
func (s *sessions) expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Back(); e != nil; {
		old, next := e.Value.(*session), e.Prev()
		if len(old.flights) == 0 && now.Sub(old.used) >= s.idle {
			s.drop(e)
		}
		e = next
	}
}

// closeAll ends every session, used or not, and lets none be opened again.
func (s *sessions) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for s.order.Len() > 0 {
		e := s.order.Back()
		e.Value.(*session).end()
		s.drop(e)
	}
}
