package blockset

import (
	"context"
	"sync"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// A batch is handed on at these bounds: big enough that one sync covers a
// whole segment and many leaves of a long file, small enough for constant
// memory. While putsAtOnce are being put the next one waits, full.
const (
	batchBytes  = 16 << 20
	batchBlocks = 256
	putsAtOnce  = 2
)

// batch collects blocks, each once, and puts them some MiB at a time, while more
// come. Whoever makes one calls wait before it lets go of it.
type batch struct {
	to    Putter
	seen  map[cid.Cid]bool
	held  []models.Block
	bytes int

	slots chan struct{}
	puts  sync.WaitGroup
	mu    sync.Mutex
	err   error // the first of a Put; then nothing more is put
}

func newBatch(to Putter) *batch {
	return &batch{to: to, seen: map[cid.Cid]bool{}, slots: make(chan struct{}, putsAtOnce)}
}

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
	held := b.take()
	b.slots <- struct{}{}
	b.puts.Go(func() {
		defer func() { <-b.slots }()
		b.put(ctx, held)
	})
	return b.failure()
}

// flush puts what is held and returns once everything has been put.
func (b *batch) flush(ctx context.Context) error {
	if held := b.take(); len(held) > 0 {
		b.put(ctx, held)
	}
	b.wait()
	return b.failure()
}

// wait returns once nothing is being put.
func (b *batch) wait() { b.puts.Wait() }

// take empties the batch. A Putter may keep the slice, so the next batch has its
// own.
func (b *batch) take() []models.Block {
	held := b.held
	b.held, b.bytes = nil, 0
	return held
}

func (b *batch) put(ctx context.Context, held []models.Block) {
	if b.failure() != nil {
		return
	}
	if err := b.to.Put(ctx, held...); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.err == nil {
			b.err = err
		}
	}
}

func (b *batch) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}
