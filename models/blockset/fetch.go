package blockset

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// fetch gets a block and hashes it again: what is trusted rests on nobody's
// word but the CID's.
func fetch(ctx context.Context, g Getter, c cid.Cid) ([]byte, error) {
	data, err := get(ctx, g, c)
	if err != nil {
		return nil, err
	}
	if err := checkBlock(c, data); err != nil {
		return nil, fmt.Errorf("%w: %s", err, c)
	}
	return data, nil
}

// get gets a block without hashing it, for callers on the way to a viewer,
// whose Getter has just done so.
func get(ctx context.Context, g Getter, c cid.Cid) ([]byte, error) {
	if err := checkCID(c); err != nil {
		return nil, err
	}
	data, err := g.Get(ctx, c)
	switch {
	case err == nil:
		return data, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, models.ErrCorrupt):
		return nil, fmt.Errorf("%w: %s: %w", ErrBlock, c, err)
	case errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrUnavailable):
		return nil, fmt.Errorf("%w: %s: %w", ErrMissingBlock, c, err)
	}
	return nil, fmt.Errorf("block %s: %w", c, err)
}

func fetchFolder(ctx context.Context, g Getter, c cid.Cid) (*folder, error) {
	if isRaw(c) {
		return nil, misshapen("%s is a file, not a folder", c)
	}
	data, err := fetch(ctx, g, c)
	if err != nil {
		return nil, err
	}
	f, err := decodeFolder(data)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", c, err)
	}
	return f, nil
}

// window is how many blocks are asked for at once: enough to hide a peer's
// latency, and at most as many MiB of memory for each reader.
const window = 4

// each fetches blocks several at a time and hands them on in order.
func each(ctx context.Context, g Getter, cids []cid.Cid, visit func(i int, data []byte) error) error {
	for start := 0; start < len(cids); start += window {
		part := cids[start:min(start+window, len(cids))]
		got := make([][]byte, len(part))
		group, gctx := errgroup.WithContext(ctx)
		for i, c := range part {
			group.Go(func() (err error) {
				got[i], err = fetch(gctx, g, c)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i, data := range got {
			if err := visit(start+i, data); err != nil {
				return err
			}
		}
	}
	return nil
}
