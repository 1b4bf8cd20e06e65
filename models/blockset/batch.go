package blockset

import (
	"context"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// A batch is handed on at these bounds: big enough that one sync covers a
// whole segment, small enough for constant memory.
const (
	batchBytes  = 4 << 20
	batchBlocks = 256
)

// batch collects blocks, each once, and puts them a few MiB at a time.
type batch struct {
	to    Putter
	seen  map[cid.Cid]bool
	held  []models.Block
	bytes int
}

func newBatch(to Putter) *batch { return &batch{to: to, seen: map[cid.Cid]bool{}} }

func (b *batch) add(ctx context.Context, bl models.Block) error {
	if b.seen[bl.CID] {
		return nil
	}
	b.seen[bl.CID] = true
	b.held = append(b.held, bl)
	b.bytes += len(bl.Data)
	if b.bytes < batchBytes && len(b.held) < batchBlocks {
		return nil
	}
	return b.flush(ctx)
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.held) == 0 {
		return nil
	}
	held := b.held
	// A Putter may keep the slice, so the next batch has its own.
	b.held, b.bytes = nil, 0
	return b.to.Put(ctx, held...)
}
