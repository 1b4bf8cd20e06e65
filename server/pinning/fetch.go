package pinning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// fetch makes one attempt at a release. It runs the verification over a Getter
// that keeps what it gets: the order in which Verify reads (signature, folders,
// hash lists, then files, many at once), its limits on hostile DAGs and its
// checks of every byte are those of the fetch.
func (k *Keeper) fetch(ctx context.Context, j *job, progress func(int, int64)) error {
	if err := k.deps.Records.SetPinState(ctx, j.root, models.PinFetching, 0, 0, ""); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	in := newIntake(k, j, progress)
	_, err := blockset.Verify(ctx, in, j.root, func(_, total int64) {
		if k.cfg.MaxBytes > 0 && total > k.cfg.MaxBytes {
			cancel(tooLarge())
		}
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	blocks, bytes := in.all()
	if err := k.deps.Records.PinHeld(ctx, j.root, blocks, bytes); err != nil {
		return err
	}
	k.deps.Log.Info("pinning: held", "root", j.root.String(), "blocks", len(blocks), "bytes", bytes)
	return nil
}

func tooLarge() error {
	return models.NewFault(models.ErrTooLarge, "pin_too_large", "This release is larger than this node keeps.")
}

// intake is the Getter of one attempt: what it hands out is on this node's
// disk, and recorded as the pin's.
type intake struct {
	store  Store
	source blockset.Getter
	writer *writer
	limit  int64

	job      *job
	progress func(int, int64)

	mu     sync.Mutex
	blocks []cid.Cid
	seen   map[cid.Cid]bool
	bytes  int64
}

func newIntake(k *Keeper, j *job, progress func(int, int64)) *intake {
	if progress == nil {
		progress = func(int, int64) {}
	}
	put := func(ctx context.Context, bs []models.Block) error {
		if err := k.deps.Store.Put(ctx, bs...); err != nil {
			return err
		}
		cids := make([]cid.Cid, len(bs))
		for i, b := range bs {
			cids[i] = b.CID
		}
		return k.deps.Records.AddPinBlocks(ctx, j.root, cids)
	}
	return &intake{
		store: k.deps.Store, source: k.deps.Source(j.root), writer: &writer{put: put}, limit: k.cfg.MaxBytes,
		job: j, progress: progress, seen: map[cid.Cid]bool{},
	}
}

// Get returns a block of the release, from this node if it has it.
func (in *intake) Get(ctx context.Context, c cid.Cid) ([]byte, error) {
	data, err := in.store.Get(ctx, c)
	if errors.Is(err, models.ErrNotFound) || errors.Is(err, models.ErrCorrupt) {
		data, err = in.source.Get(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	fresh, err := in.admit(c, len(data))
	if err != nil || !fresh {
		return data, err
	}
	// A block that was here is written again: nothing may hold it but this, and
	// the collector must see that it is wanted.
	if err := in.writer.write(ctx, models.Block{CID: c, Data: data}); err != nil {
		return nil, err
	}
	in.note(c, len(data))
	return data, nil
}

// admit reports whether c is new to this attempt, and refuses what would make
// the release too large.
func (in *intake) admit(c cid.Cid, size int) (fresh bool, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.seen[c] {
		return false, nil
	}
	if in.limit > 0 && in.bytes+int64(size) > in.limit {
		return false, tooLarge()
	}
	return true, nil
}

func (in *intake) note(c cid.Cid, size int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.seen[c] {
		return // two files with the same leaf, asked for at once
	}
	in.seen[c] = true
	in.blocks = append(in.blocks, c)
	in.bytes += int64(size)
	in.job.hold(len(in.blocks), in.bytes)
	in.progress(len(in.blocks), in.bytes)
}

// all returns every block that was handed out, and their bytes together.
func (in *intake) all() ([]cid.Cid, int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.blocks), in.bytes
}

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
