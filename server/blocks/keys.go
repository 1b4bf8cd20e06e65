package blocks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"github.com/ipfs/go-cid"
)

// Keys yields every block of the store once, in no useful order, as CIDv1 raw:
// the store knows blocks by multihash and not their codec. A block put or
// deleted meanwhile may or may not be among them. It ends after the first error.
func (s *Store) Keys(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		for n := range shardCount {
			keys, err := s.shardKeys(ctx, n)
			if err != nil {
				yield(cid.Undef, fmt.Errorf("blocks: keys: %w", err))
				return
			}
			for _, k := range keys {
				if !yield(k.cid(), nil) {
					return
				}
			}
		}
	}
}

// shardKeys lists the blocks of one folder.
func (s *Store) shardKeys(ctx context.Context, n int) ([]key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.shardDir(n))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	keys := make([]key, 0, len(entries))
	for _, e := range entries {
		if k, ok := parseName(e.Name()); ok && k.shard() == n {
			keys = append(keys, k)
		}
	}
	return keys, nil
}
