package cache

import (
	"sync"
	"time"
)

const (
	openAt  = 3.0  // failures in a row that stop the calls
	forgive = 0.25 // of a failure, by each success: more than one call in five failing stops them too
)

// breaker stops calls to a server that fails, so that nobody waits for it. It
// is opened by failures and closed by close alone.
type breaker struct {
	mu     sync.Mutex
	score  float64
	open   bool
	since  time.Time
	reason error
}

func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.open
}

func (b *breaker) success() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.score = max(0, b.score-forgive)
}

// fail counts a failure and reports whether it was the one that stops the calls.
func (b *breaker) fail(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.score++; b.score < openAt || b.open {
		return false
	}
	b.open, b.since, b.reason = true, time.Now(), err
	return true
}

// close lets calls through again. It returns how long there were none; 0 where
// they never stopped.
func (b *breaker) close() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return 0
	}
	b.open, b.score, b.reason = false, 0, nil
	return max(time.Since(b.since), 1)
}

// why returns the failure that stopped the calls, nil where they go through.
func (b *breaker) why() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reason
}
