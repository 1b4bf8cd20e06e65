package blocks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/ipfs/go-cid"
)

// askAtOnce is how many blocks one question to live names.
const askAtOnce = 512

// Live tells which of the given blocks something still needs: pinned roots,
// releases being made, pins being fetched. The CIDs are CIDv1 raw, for the
// store does not know codecs: compare by multihash. A block missing from the
// answer is not live.
type Live func(ctx context.Context, blocks []cid.Cid) (map[cid.Cid]bool, error)

// Swept is what a collection removed.
type Swept struct {
	Blocks int
	Bytes  int64
}

// Collect removes the blocks that are neither live nor younger than grace; a
// block's age counts from its last Put. Grace bridges the time from a block's
// Put to the transaction after which live knows of it, and must be longer. Age
// is counted back from the start of the collection and looked at again under the
// lock at the moment of removal, so a Put that finds its block there keeps it
// there. After an error Swept says what had been removed.
func (s *Store) Collect(ctx context.Context, live Live, grace time.Duration) (Swept, error) {
	c := collection{store: s, live: live, before: time.Now().Add(-grace)}
	if err := s.Writable(); err != nil {
		return c.swept, fmt.Errorf("blocks: collect: %w", err)
	}
	for n := range shardCount {
		if err := c.shard(ctx, n); err != nil {
			return c.swept, fmt.Errorf("blocks: collect: %w", err)
		}
	}
	if err := c.sweep(ctx); err != nil {
		return c.swept, fmt.Errorf("blocks: collect: %w", err)
	}
	return c.swept, nil
}

type collection struct {
	store  *Store
	live   Live
	before time.Time // older blocks may go
	old    []key     // not yet asked about
	swept  Swept
}

// shard notes the old blocks of one folder and sweeps when there are enough.
func (c *collection) shard(ctx context.Context, n int) error {
	keys, err := c.store.shardKeys(ctx, n)
	if err != nil {
		return err
	}
	for _, k := range keys {
		info, err := os.Lstat(c.store.path(k))
		if err != nil || c.young(info) {
			continue
		}
		if c.old = append(c.old, k); len(c.old) == askAtOnce {
			if err := c.sweep(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collection) young(info fs.FileInfo) bool {
	return !info.ModTime().Before(c.before)
}

// sweep asks about the noted blocks and removes those that are not live.
func (c *collection) sweep(ctx context.Context) error {
	if len(c.old) == 0 {
		return nil
	}
	cids := make([]cid.Cid, len(c.old))
	for i, k := range c.old {
		cids[i] = k.cid()
	}
	live, err := c.live(ctx, cids)
	if err != nil {
		return err
	}
	for i, k := range c.old {
		if live[cids[i]] {
			continue
		}
		if err := c.remove(ctx, k); err != nil {
			return err
		}
	}
	c.old = c.old[:0]
	return nil
}

func (c *collection) remove(ctx context.Context, k key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h, err := c.store.lock(k.shard())
	if err != nil {
		return err
	}
	defer h.release()
	path := c.store.path(k)
	info, err := os.Lstat(path)
	if err != nil || c.young(info) {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return diskError(err)
	}
	c.swept.Blocks++
	c.swept.Bytes += info.Size()
	return nil
}

// Delete removes a block for good: when it returns nil the removal is on disk.
// A block that is not there is no error.
func (s *Store) Delete(ctx context.Context, c cid.Cid) error {
	if err := s.delete(ctx, c); err != nil {
		return fmt.Errorf("blocks: delete %s: %w", c, err)
	}
	return nil
}

func (s *Store) delete(ctx context.Context, c cid.Cid) error {
	if err := firstError(ctx.Err(), s.Writable()); err != nil {
		return err
	}
	k, ok := keyOf(c)
	if !ok {
		return nil
	}
	if _, err := os.Lstat(s.path(k)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	h, err := s.lock(k.shard())
	if err != nil {
		return diskError(err)
	}
	defer h.release()
	switch err := os.Remove(s.path(k)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return diskError(err)
	}
	if err := h.dir.Sync(); err != nil {
		s.fail(err)
		return s.Writable()
	}
	return nil
}
