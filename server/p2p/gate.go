package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ipfs/boxo/blockstore"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"

	"runnel/models"
)

// gate is the view of the node's blocks that Bitswap gets: a block that is not
// servable is not there. Bitswap's own request filter answers only when a want
// arrives; a want may wait behind others until long after the release was
// taken down, so the gate asks again when the bytes are read. It also lets
// Bitswap remember a want for a block that becomes servable later (see Offer),
// which the filter would forget.
type gate struct {
	store    blockstore.Blockstore
	servable func(context.Context, cid.Cid) bool
	log      *slog.Logger
}

var _ blockstore.Blockstore = (*gate)(nil)

var errReadOnly = fmt.Errorf("p2p: Bitswap does not write blocks: %w", models.ErrInvalid)

// Get returns a servable block.
func (g *gate) Get(ctx context.Context, c cid.Cid) (blocks.Block, error) {
	if !g.servable(ctx, c) {
		return nil, ipld.ErrNotFound{Cid: c}
	}
	b, err := g.store.Get(ctx, c)
	if err != nil {
		return nil, g.refuse(c, err)
	}
	return b, nil
}

// GetSize returns the size in bytes of a servable block.
func (g *gate) GetSize(ctx context.Context, c cid.Cid) (int, error) {
	if !g.servable(ctx, c) {
		return -1, ipld.ErrNotFound{Cid: c}
	}
	n, err := g.store.GetSize(ctx, c)
	if err != nil {
		return -1, g.refuse(c, err)
	}
	return n, nil
}

// Has reports whether a servable block is there.
func (g *gate) Has(ctx context.Context, c cid.Cid) (bool, error) {
	if !g.servable(ctx, c) {
		return false, nil
	}
	return g.store.Has(ctx, c)
}

// refuse turns every error into "not found": a damaged block must not go out,
// and what is wrong with it is no peer's business.
func (g *gate) refuse(c cid.Cid, err error) error {
	if !ipld.IsNotFound(err) && !errors.Is(err, models.ErrNotFound) {
		g.log.Error("p2p: cannot read a block for a peer", "cid", c.String(), "err", err)
	}
	return ipld.ErrNotFound{Cid: c}
}

// Put refuses: the gate is for reading.
func (g *gate) Put(context.Context, blocks.Block) error { return errReadOnly }

// PutMany refuses: the gate is for reading.
func (g *gate) PutMany(context.Context, []blocks.Block) error { return errReadOnly }

// DeleteBlock refuses: the gate is for reading.
func (g *gate) DeleteBlock(context.Context, cid.Cid) error { return errReadOnly }

// AllKeysChan refuses: peers ask for names, they do not list them.
func (g *gate) AllKeysChan(context.Context) (<-chan cid.Cid, error) { return nil, errReadOnly }
