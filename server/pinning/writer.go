package pinning

import (
	"context"
	"fmt"
	"sync"

	"runnel/models"
)

// writer puts blocks that come at the same time onto disk together: a sync
// costs about the same for one as for thirty. One of the callers writes for
// all that wait, then hands the task to the next.
type writer struct {
	put func(context.Context, []models.Block) error

	mu      sync.Mutex
	busy    bool
	waiting []*entry
}

// entry is a block that waits to be written.
type entry struct {
	block models.Block
	turn  chan struct{} // closed when this one has to write
	done  chan error    // of one
}

// write returns when b is on disk and recorded.
func (w *writer) write(ctx context.Context, b models.Block) error {
	e := &entry{block: b, turn: make(chan struct{}), done: make(chan error, 1)}
	w.mu.Lock()
	w.waiting = append(w.waiting, e)
	if !w.busy {
		w.busy = true
		close(e.turn)
	}
	w.mu.Unlock()
	select {
	case <-e.turn:
		w.lead(ctx)
	case err := <-e.done:
		return err
	}
	return <-e.done
}

// lead writes what waits, the leader's own block among it.
func (w *writer) lead(ctx context.Context) {
	w.mu.Lock()
	batch := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	blocks := make([]models.Block, len(batch))
	for i, e := range batch {
		blocks[i] = e.block
	}
	// What has come this far is kept even when the fetch is being cut off.
	err := w.put(context.WithoutCancel(ctx), blocks)
	if err != nil {
		err = fmt.Errorf("write blocks: %w", err)
	}
	for _, e := range batch {
		e.done <- err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy = len(w.waiting) > 0; w.busy {
		close(w.waiting[0].turn)
	}
}
