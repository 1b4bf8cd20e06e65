package blocks

import (
	"context"
	"errors"

	"github.com/ipfs/boxo/blockstore"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"

	"runnel/models"
)

// Blockstore returns the store in the shape that boxo's Bitswap and gateway
// take. Get hashes what it returns, which boxo's own blockstore does not, and a
// missing block is the ipld.ErrNotFound that they look for.
func (s *Store) Blockstore() blockstore.Blockstore { return adapter{s} }

type adapter struct{ s *Store }

// DeleteBlock removes a block; see Store.Delete.
func (a adapter) DeleteBlock(ctx context.Context, c cid.Cid) error { return a.s.Delete(ctx, c) }

// Has reports whether the store has a file for the block.
func (a adapter) Has(ctx context.Context, c cid.Cid) (bool, error) { return a.s.Has(ctx, c) }

// Get returns the block with its bytes checked.
func (a adapter) Get(ctx context.Context, c cid.Cid) (blocks.Block, error) {
	data, err := a.s.Get(ctx, c)
	if err != nil {
		return nil, foreignError(c, err)
	}
	return blocks.NewBlockWithCid(data, c)
}

// GetSize returns the block's length in bytes, or -1 with an error.
func (a adapter) GetSize(ctx context.Context, c cid.Cid) (int, error) {
	n, err := a.s.Size(ctx, c)
	if err != nil {
		return -1, foreignError(c, err)
	}
	return int(n), nil
}

// Put stores one block; see Store.Put.
func (a adapter) Put(ctx context.Context, b blocks.Block) error {
	return a.s.Put(ctx, models.Block{CID: b.Cid(), Data: b.RawData()})
}

// PutMany stores blocks with one sync for many.
func (a adapter) PutMany(ctx context.Context, bs []blocks.Block) error {
	list := make([]models.Block, len(bs))
	for i, b := range bs {
		list[i] = models.Block{CID: b.Cid(), Data: b.RawData()}
	}
	return a.s.Put(ctx, list...)
}

// AllKeysChan lists the blocks as CIDv1 raw; see AllKeysChanWithErr.
func (a adapter) AllKeysChan(ctx context.Context) (<-chan cid.Cid, error) {
	ch, _, err := a.AllKeysChanWithErr(ctx)
	return ch, err
}

// AllKeysChanWithErr also tells, once the channel is drained, whether the list
// is complete. The goroutine behind it ends with the list or with ctx.
func (a adapter) AllKeysChanWithErr(ctx context.Context) (<-chan cid.Cid, func() error, error) {
	out := make(chan cid.Cid)
	end := make(chan error, 1)
	go func() {
		defer close(out)
		end <- a.send(ctx, out)
	}()
	return out, func() error { return <-end }, nil
}

func (a adapter) send(ctx context.Context, out chan<- cid.Cid) error {
	for c, err := range a.s.Keys(ctx) {
		if err != nil {
			return err
		}
		select {
		case out <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func foreignError(c cid.Cid, err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return ipld.ErrNotFound{Cid: c}
	}
	return err
}

var _ blockstore.AllKeysChanWithErrer = adapter{}
