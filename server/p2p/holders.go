package p2p

import (
	"cmp"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
)

// maxHolders bounds the holders remembered of one release.
const maxHolders = 32

// holders are the peers that had blocks of a release, each with how many blocks
// it is sending now.
type holders struct {
	mu   sync.Mutex
	busy map[peer.ID]int
}

func (h *holders) add(p peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.busy[p]; !ok && len(h.busy) < maxHolders {
		h.set(p, 0)
	}
}

func (h *holders) remove(p peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.busy, p)
}

func (h *holders) begin(p peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set(p, h.busy[p]+1)
}

func (h *holders) finish(p peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n, ok := h.busy[p]; ok {
		h.set(p, max(n-1, 0))
	}
}

func (h *holders) set(p peer.ID, n int) {
	if h.busy == nil {
		h.busy = map[peer.ID]int{}
	}
	h.busy[p] = n
}

// best returns the holders, the least busy first.
func (h *holders) best() []peer.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]peer.ID, 0, len(h.busy))
	for p := range h.busy { // in no order, so that equals share the work
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b peer.ID) int { return cmp.Compare(h.busy[a], h.busy[b]) })
	return out
}
