package spool

import (
	"context"
	"net/http"
	"sync"
	"time"

	tusd "github.com/tus/tusd/v2/pkg/handler"
)

const (
	// patience is how long a writer waits for another that is making progress.
	patience = 2 * time.Second
	// idleAfter is when a holder that receives nothing counts as a dead
	// connection, which a client that came back may push aside.
	idleAfter = 2 * time.Second
)

// locks is a tusd Locker for one process. tusd's own interrupts the holder
// whoever comes; here a second writer cannot break a running one, a HEAD reads
// the acknowledged offset beside it, and only a DELETE or a holder that has
// gone quiet is interrupted.
type locks struct {
	now  func() time.Time
	mu   sync.Mutex
	held map[string]*hold
}

type hold struct {
	released  chan struct{}
	interrupt func()
	last      time.Time // of the last byte
}

func newLocks(now func() time.Time) *locks {
	return &locks{now: now, held: map[string]*hold{}}
}

// NewLock is part of tusd's Locker.
func (l *locks) NewLock(id string) (tusd.Lock, error) { return &lock{locks: l, id: id}, nil }

// touch notes that the holder of id makes progress.
func (l *locks) touch(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.held[id]; h != nil {
		h.last = l.now()
	}
}

// take holds id, or returns its holder and whether that one is quiet.
func (l *locks) take(id string, interrupt func()) (mine, other *hold, quiet bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other = l.held[id]; other != nil {
		return nil, other, l.now().Sub(other.last) >= idleAfter
	}
	mine = &hold{released: make(chan struct{}), interrupt: interrupt, last: l.now()}
	l.held[id] = mine
	return mine, nil, false
}

type lock struct {
	locks *locks
	id    string
	hold  *hold // nil: not held, or a reader beside the holder
}

// Lock waits for the upload. It answers 423 where tusd would answer 500.
func (k *lock) Lock(ctx context.Context, interrupt func()) error {
	method := requestOf(ctx).method
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for waited := false; ; {
		mine, other, quiet := k.locks.take(k.id, interrupt)
		switch {
		case mine != nil:
			k.hold = mine
			return nil
		case quiet || method == http.MethodDelete:
			other.interrupt()
		case method == http.MethodHead:
			return nil
		case waited:
			return tusd.ErrFileLocked
		}
		select {
		case <-other.released:
		case <-timer.C:
			waited = true
		case <-ctx.Done():
			return tusd.ErrFileLocked
		}
	}
}

// Unlock releases what Lock took.
func (k *lock) Unlock() error {
	if k.hold == nil {
		return nil
	}
	k.locks.mu.Lock()
	delete(k.locks.held, k.id)
	k.locks.mu.Unlock()
	close(k.hold.released)
	k.hold = nil
	return nil
}
