package pinning

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

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

// bound lets no more in than that many bytes in all.
func (in *intake) bound(limit int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.limit = limit
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
