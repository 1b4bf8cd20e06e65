package gateway

import (
	"context"
	"errors"

	"github.com/ipfs/boxo/blockstore"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
)

// store reads blocks under the rules, in the shape that the library takes.
type store struct {
	blocks Blocks
	rules  rules
}

type (
	rootKey  struct{} // the root of the request's path, a cid.Cid
	localKey struct{} // set: ask no peers
)

// Get returns a block that may go out. It ends with ctx whatever Blocks does:
// nothing else stops the library's walk through a DAG when the client is gone.
func (s *store) Get(ctx context.Context, c cid.Cid) (blocks.Block, error) {
	if ctx.Err() != nil {
		return nil, failure(c, context.Cause(ctx))
	}
	if err := s.rules.block(ctx, c); err != nil {
		return nil, err
	}
	if ctx.Value(localKey{}) != nil {
		if ok, err := s.blocks.Has(ctx, c); err != nil {
			return nil, failure(c, err)
		} else if !ok {
			return nil, ipld.ErrNotFound{Cid: c}
		}
	}
	root, ok := ctx.Value(rootKey{}).(cid.Cid)
	if !ok {
		root = c
	}
	data, err := s.blocks.Get(ctx, root, c)
	if err != nil {
		return nil, failure(c, why(ctx, err))
	}
	return blocks.NewBlockWithCid(data, c)
}

// why prefers the reason for which a request was given up to what came of it.
func why(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Has reports whether a block may go out and is held here.
func (s *store) Has(ctx context.Context, c cid.Cid) (bool, error) {
	if err := s.rules.block(ctx, c); ipld.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	ok, err := s.blocks.Has(ctx, c)
	if err != nil {
		return false, failure(c, err)
	}
	return ok, nil
}

// GetSize returns a block's length, or -1 with an error.
func (s *store) GetSize(ctx context.Context, c cid.Cid) (int, error) {
	b, err := s.Get(ctx, c)
	if err != nil {
		return -1, err
	}
	return len(b.RawData()), nil
}

var errReadOnly = errors.New("gateway: blocks are only read")

// Put refuses: a gateway only reads.
func (s *store) Put(context.Context, blocks.Block) error { return errReadOnly }

// PutMany refuses: a gateway only reads.
func (s *store) PutMany(context.Context, []blocks.Block) error { return errReadOnly }

// DeleteBlock refuses: a gateway only reads.
func (s *store) DeleteBlock(context.Context, cid.Cid) error { return errReadOnly }

// AllKeysChan refuses: a gateway lists nothing.
func (s *store) AllKeysChan(context.Context) (<-chan cid.Cid, error) { return nil, errReadOnly }

var _ blockstore.Blockstore = (*store)(nil)
