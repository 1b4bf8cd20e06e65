package catalog

import (
	"sync"
	"time"
)

const (
	// rememberFor is how long an answer may be behind what another process has
	// written to the database. What this one writes is seen at once.
	rememberFor = 200 * time.Millisecond
	// rememberMost bounds the answers that are held.
	rememberMost = 4096
)

// answer says whether a root or a block may go out, and whether it is known at
// all.
type answer struct {
	servable, known bool
	until           time.Time
}

// remembered holds the last answers on roots or on blocks: a viewer asks for each
// segment, and a hot one is found in less time than the question takes; a peer
// asks for each block twice. Every write of this process empties it, before
// whoever wrote is told.
type remembered struct {
	mu      sync.Mutex
	writes  uint64
	answers map[string]answer // by multihash
}

// get returns the answer and, where there is none, what put must be told.
func (r *remembered) get(name string) (a answer, writes uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok = r.answers[name]
	return a, r.writes, ok && time.Now().Before(a.until)
}

// put holds an answer that was asked for after get, unless something was written
// meanwhile: then nobody knows which of the two came first.
func (r *remembered) put(name string, writes uint64, servable, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if writes != r.writes {
		return
	}
	if r.answers == nil || len(r.answers) >= rememberMost {
		r.answers = map[string]answer{}
	}
	r.answers[name] = answer{servable, known, time.Now().Add(rememberFor)}
}

// wrote forgets all answers.
func (r *remembered) wrote() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes++
	r.answers = nil
}
