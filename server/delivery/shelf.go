package delivery

import (
	"sync"

	"github.com/ipfs/go-cid"
)

// shelf holds blocks that were fetched ahead, oldest out first. The cache would
// decline them: it admits by frequency, and nobody has asked for them yet.
type shelf struct {
	mu    sync.Mutex
	limit int64
	bytes int64
	order []string // multihashes, oldest first
	held  map[string][]byte
}

func (s *shelf) get(c cid.Cid) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.held[hashName(c)]
	return data, ok
}

func (s *shelf) put(c cid.Cid, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := hashName(c)
	if _, there := s.held[key]; there || int64(len(data)) > s.limit {
		return
	}
	if s.held == nil {
		s.held = map[string][]byte{}
	}
	s.held[key] = data
	s.order = append(s.order, key)
	for s.bytes += int64(len(data)); s.bytes > s.limit; s.order = s.order[1:] {
		s.bytes -= int64(len(s.held[s.order[0]]))
		delete(s.held, s.order[0])
	}
}
