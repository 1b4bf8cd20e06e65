package p2p

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// stalls sees to it that peers which do not read what they asked for do not keep
// all of sendWorkers. Each message with blocks holds one until its last byte is
// taken. While some are free, a slow line may take its time; when few are, the
// peer that has kept them waiting longest is disconnected.
type stalls struct {
	drop func(peer.ID) error
	now  func() time.Time

	mu      sync.Mutex
	open    map[*sending]struct{}
	dropped atomic.Uint64
}

// sending is a message that is under way to a peer.
type sending struct {
	to     peer.ID
	since  time.Time
	check  *time.Timer
	lifted bool // it will end: its peer is being disconnected
}

const (
	// fewFree is how many messages may be under way before someone has to go.
	fewFree = sendWorkers * 3 / 4
	// stallTime is how long a message may take then.
	stallTime = 250 * time.Millisecond
)

func newStalls(drop func(peer.ID) error, now func() time.Time) *stalls {
	return &stalls{drop: drop, now: now, open: map[*sending]struct{}{}}
}

// begin notes a message, and end that it is no longer under way.
func (s *stalls) begin(to peer.ID) *sending {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &sending{to: to, since: s.now(), check: time.AfterFunc(stallTime, s.relieve)}
	s.open[m] = struct{}{}
	return m
}

func (s *stalls) end(m *sending) {
	m.check.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, m)
}

// relieve disconnects peers until enough workers are free or will be.
func (s *stalls) relieve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		held, waits := 0, map[peer.ID]time.Duration{}
		for m := range s.open {
			if m.lifted {
				continue
			}
			held++
			if took := s.now().Sub(m.since); took >= stallTime {
				waits[m.to] += took
			}
		}
		if held < fewFree || len(waits) == 0 {
			return
		}
		s.lift(longest(waits))
	}
}

// lift ends all that is under way to a peer. The caller holds mu.
func (s *stalls) lift(p peer.ID) {
	for m := range s.open {
		if m.to == p {
			m.lifted = true
		}
	}
	s.dropped.Add(1)
	go func() { _ = s.drop(p) }()
}

func longest(waits map[peer.ID]time.Duration) (who peer.ID) {
	for p, d := range waits {
		if d > waits[who] {
			who = p
		}
	}
	return who
}
