package p2p

import (
	"sync"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
)

// scouts hands what peers say to the quests that wait for it.
type scouts struct {
	mu   sync.Mutex
	open map[string]map[*quest]bool // by multihash
}

func newScouts() *scouts { return &scouts{open: map[string]map[*quest]bool{}} }

func (s *scouts) add(q *quest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(q.cid.Hash())
	if s.open[key] == nil {
		s.open[key] = map[*quest]bool{}
	}
	s.open[key][q] = true
}

func (s *scouts) remove(q *quest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(q.cid.Hash())
	if delete(s.open[key], q); len(s.open[key]) == 0 {
		delete(s.open, key)
	}
}

// hear passes a message on. It never waits for a quest.
func (s *scouts) hear(from peer.ID, msg bsmsg.BitSwapMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == 0 {
		return
	}
	for _, b := range msg.Blocks() {
		for q := range s.open[string(b.Cid().Hash())] {
			q.deliver(from, b)
		}
	}
	tell := func(cids []cid.Cid, says answer) {
		for _, c := range cids {
			for q := range s.open[string(c.Hash())] {
				q.tell(word{from, says})
			}
		}
	}
	tell(msg.Haves(), has)
	tell(msg.DontHaves(), hasNot)
}

// gone tells every quest that a peer is disconnected.
func (s *scouts) gone(p peer.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, quests := range s.open {
		for q := range quests {
			q.tell(word{p, isGone})
		}
	}
}
