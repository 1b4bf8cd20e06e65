package p2p

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	dhtpb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// quota bounds what one peer may have this node do in a time: each thing costs
// a look into the database or a row in it, which the sender gets for 40 bytes.
type quota struct {
	now func() time.Time

	mu    sync.Mutex
	peers map[peer.ID]*allowance

	wants, records atomic.Uint64 // refused
}

// allowance is what one peer has left. Both refill with time.
type allowance struct {
	wants, records float64
	over           int // wants that were refused since the allowance was full
	at             time.Time
}

const (
	// A peer may ask for wantBurst blocks at once and wantRate a second: many
	// times what a viewer or a pin needs.
	wantBurst, wantRate = 4096, 1024
	// A peer may leave recordBurst provider records at once and recordRate a
	// second: a node of 10,000 releases comes round in a sweep.
	recordBurst, recordRate = 8192, 2
	// readAlways is how many wants of a message are looked at even if none is
	// left: cancellations are among them.
	readAlways = 256
	// flood is how many wants above its allowance make a peer an attacker: it goes
	// on asking although it gets nothing.
	flood = 4 * wantBurst
	// maxAllowances bounds the peers that are remembered; a full allowance is
	// forgotten first.
	maxAllowances = 4096
)

func newQuota(now func() time.Time) *quota {
	return &quota{now: now, peers: map[peer.ID]*allowance{}}
}

// want reports whether p may ask for one more block. It is Bitswap's filter: what it
// refuses is answered as not there, without a look.
func (q *quota) want(p peer.ID, _ cid.Cid) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.of(p)
	if a.wants < 1 {
		q.wants.Add(1)
		a.over++
		return false
	}
	a.wants--
	return true
}

// room returns how many wants of p's next message are worth a look.
func (q *quota) room(p peer.ID) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(readAlways, int(q.of(p).wants))
}

// refuse notes wants that were not looked at.
func (q *quota) refuse(p peer.ID, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wants.Add(uint64(n))
	q.of(p).over += n
}

// floods reports whether p goes on asking for what it does not get.
func (q *quota) floods(p peer.ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.of(p).over > flood
}

// record reports whether p may leave one more provider record.
func (q *quota) record(p peer.ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.of(p)
	if a.records < 1 {
		q.records.Add(1)
		return false
	}
	a.records--
	return true
}

// check takes the records out of a message with which a peer leaves more than
// it may; the DHT ends the stream of a message without one.
func (q *quota) check(_ context.Context, s network.Stream, m *dhtpb.Message) {
	if m.GetType() == dhtpb.Message_ADD_PROVIDER && !q.record(s.Conn().RemotePeer()) {
		m.ProviderPeers = nil
	}
}

// of returns p's allowance, refilled. The caller holds mu.
func (q *quota) of(p peer.ID) *allowance {
	now := q.now()
	a := q.peers[p]
	if a == nil {
		if len(q.peers) >= maxAllowances {
			q.forget(now)
		}
		a = &allowance{wants: wantBurst, records: recordBurst, at: now}
		q.peers[p] = a
	}
	a.refill(now)
	return a
}

func (a *allowance) refill(now time.Time) {
	passed := now.Sub(a.at).Seconds()
	a.wants = min(wantBurst, a.wants+passed*wantRate)
	a.records = min(recordBurst, a.records+passed*recordRate)
	a.at = now
	if a.wants == wantBurst {
		a.over = 0
	}
}

// forget drops those who used nothing lately, and then anyone until a quarter
// is free: a stranger with many names gains no more than by new names.
func (q *quota) forget(now time.Time) {
	for p, a := range q.peers {
		if a.refill(now); a.wants >= wantBurst && a.records >= recordBurst {
			delete(q.peers, p)
		}
	}
	for p := range q.peers {
		if len(q.peers) <= maxAllowances*3/4 {
			return
		}
		delete(q.peers, p)
	}
}
