package spool

import (
	"context"
	"net/http"
	"os"
	"sync"
	"time"

	tusd "github.com/tus/tusd/v2/pkg/handler"
)

const (
	// idleAfter is when a holder that receives nothing counts as a dead
	// connection, which a client that came back may push aside.
	idleAfter = 2 * time.Second
	// patience is how long a writer waits for another that is making progress:
	// long enough to see that one in another process makes none.
	patience = idleAfter + 500*time.Millisecond
	// lookAgain is the time between two looks at a holder in another process,
	// and between its looks for whoever wants it to stop.
	lookAgain = 50 * time.Millisecond
)

// locks is a tusd Locker for the processes that share the spool's folder.
// tusd's own interrupts the holder whoever comes; here a second writer cannot
// break a running one, a HEAD reads the acknowledged offset beside it, and only
// a DELETE or a holder that has gone quiet is interrupted. Between processes the
// lock is the data file's flock, which goes with its process however that ends.
type locks struct {
	path func(id string) string // of an upload's data file
	now  func() time.Time
	mu   sync.Mutex
	held map[string]*hold
}

type hold struct {
	released  chan struct{}
	interrupt func()
	last      time.Time // of the last byte
	file      *os.File  // flocked; nil: the upload has no data file
}

func newLocks(path func(string) string, now func() time.Time) *locks {
	return &locks{path: path, now: now, held: map[string]*hold{}}
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

// rival is who holds an upload that somebody else wants.
type rival struct {
	interrupt func()
	released  <-chan struct{} // nil: it is in another process, which does not tell
	quiet     bool            // it has received nothing for a while
	moved     time.Time       // in another process: when its file last changed
}

// take holds id, or returns who does.
func (l *locks) take(id string, interrupt func()) (*hold, rival, error) {
	mine, other := l.reserve(id, interrupt)
	if mine == nil {
		return nil, other, nil
	}
	file, moved, err := claim(l.path(id))
	if file == nil && (err != nil || !moved.IsZero()) {
		l.release(id, mine)
		return nil, rival{interrupt: func() { askToStop(l.path(id)) }, moved: moved}, err
	}
	mine.file = file
	if file != nil {
		go mine.watch(l.path(id))
	}
	return mine, rival{}, nil
}

// reserve is take within this process.
func (l *locks) reserve(id string, interrupt func()) (*hold, rival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.held[id]; h != nil {
		return nil, rival{interrupt: h.interrupt, released: h.released, quiet: l.now().Sub(h.last) >= idleAfter}
	}
	mine := &hold{released: make(chan struct{}), interrupt: interrupt, last: l.now()}
	l.held[id] = mine
	return mine, rival{}
}

func (l *locks) release(id string, h *hold) {
	if h.file != nil {
		_ = h.file.Close() // ends the flock
	}
	l.mu.Lock()
	delete(l.held, id)
	l.mu.Unlock()
	close(h.released)
}

// watch interrupts the holder when another process wants it to stop. It ends
// with the hold.
func (h *hold) watch(path string) {
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for {
		select {
		case <-h.released:
			return
		case <-t.C:
		}
		if askedToStop(path) {
			h.interrupt()
			return
		}
	}
}

type lock struct {
	locks *locks
	id    string
	hold  *hold // nil: not held, or a reader beside the holder

	moved time.Time // what was last seen of a holder in another process
	since time.Time // and from when on
}

// Lock waits for the upload. It answers 423 where tusd would answer 500.
func (k *lock) Lock(ctx context.Context, interrupt func()) error {
	method := requestOf(ctx).method
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for waited := false; ; {
		mine, other, err := k.locks.take(k.id, interrupt)
		switch {
		case err != nil:
			return err
		case mine != nil:
			k.hold = mine
			return nil
		case method == http.MethodDelete, other.quiet, other.released == nil && k.still(other.moved):
			other.interrupt()
		case method == http.MethodHead:
			return nil
		case waited:
			return tusd.ErrFileLocked
		}
		select {
		case <-other.released:
		case <-soon(other):
		case <-timer.C:
			waited = true
		case <-ctx.Done():
			return tusd.ErrFileLocked
		}
	}
}

// soon fires when a holder that does not tell of its end is to be looked at
// again.
func soon(r rival) <-chan time.Time {
	if r.released != nil {
		return nil
	}
	return time.After(lookAgain)
}

// still reports whether a holder in another process has received nothing while
// this one watched it for idleAfter. Only this process's clock is read: those of
// two machines differ.
func (k *lock) still(moved time.Time) bool {
	if !moved.Equal(k.moved) {
		k.moved, k.since = moved, time.Now()
	}
	return time.Since(k.since) >= idleAfter
}

// Unlock releases what Lock took.
func (k *lock) Unlock() error {
	if k.hold != nil {
		k.locks.release(k.id, k.hold)
		k.hold = nil
	}
	return nil
}
