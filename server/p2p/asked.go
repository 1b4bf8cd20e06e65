package p2p

import (
	"log/slog"
	"sync"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
)

// maxAsked is how many wants are remembered: more than can be under way, so
// that a block which comes late is still known.
const maxAsked = 16384

// asked remembers what this node asked for. The name of a block that arrives is
// made from its bytes, so wrong bytes under a right CID are a block that nobody
// asked for; whoever sends one is disconnected, and Bitswap turns to the other
// peers at once instead of waiting for the liar.
type asked struct {
	drop   func(peer.ID) error // disconnects a peer and keeps it away
	scouts *scouts             // hear all that is in order
	counts *counts
	log    *slog.Logger

	mu    sync.Mutex
	known map[string]struct{} // by multihash
	order []string            // the oldest at next
	next  int
}

func newAsked(drop func(peer.ID) error, s *scouts, c *counts, log *slog.Logger) *asked {
	return &asked{drop: drop, scouts: s, counts: c, log: log, known: make(map[string]struct{}), order: make([]string, maxAsked)}
}

// note remembers a want.
func (a *asked) note(c cid.Cid) {
	key := string(c.Hash())
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.known[key]; ok {
		return
	}
	delete(a.known, a.order[a.next])
	a.order[a.next], a.known[key] = key, struct{}{}
	a.next = (a.next + 1) % len(a.order)
}

func (a *asked) has(c cid.Cid) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.known[string(c.Hash())]
	return ok
}

// MessageReceived looks at what a peer sent before Bitswap does.
func (a *asked) MessageReceived(from peer.ID, msg bsmsg.BitSwapMessage) {
	for _, block := range msg.Blocks() {
		if a.has(block.Cid()) {
			continue
		}
		a.counts.liars.Add(1)
		a.log.Warn("p2p: disconnected a peer that sent other bytes than were asked for", "peer", from)
		go func() { _ = a.drop(from) }() // closing waits for streams that Bitswap is reading
		return
	}
	a.scouts.hear(from, msg)
}

// MessageSent is of no interest.
func (a *asked) MessageSent(peer.ID, bsmsg.BitSwapMessage) {}
