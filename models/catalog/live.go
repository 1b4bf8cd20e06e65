package catalog

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// LiveBlocks returns which of these blocks must be kept: those that a known
// root holds, and those of segments that a job, or a viewer of one, still
// needs. Blocks absent from the map are garbage, unless they are younger than
// the collector's grace: their job may not have recorded them yet.
func (c *Catalog) LiveBlocks(ctx context.Context, blocks []cid.Cid) (map[cid.Cid]bool, error) {
	live := make(map[cid.Cid]bool)
	for len(blocks) > 0 {
		n := min(len(blocks), 500)
		if err := c.liveAmong(ctx, blocks[:n], live); err != nil {
			return nil, c.fail(err, "live blocks")
		}
		blocks = blocks[n:]
	}
	return live, nil
}

// BlockLive is LiveBlocks for one block, as a gateway asks for each block on the
// way to a file. The answer is this process's latest; of what other processes
// write it may be 200 ms behind, which is not for a collector.
func (c *Catalog) BlockLive(ctx context.Context, block cid.Cid) (bool, error) {
	key := string(block.Hash())
	a, writes, ok := c.live.get(key)
	if ok {
		return a.known, nil
	}
	live, err := c.LiveBlocks(ctx, []cid.Cid{block})
	if err == nil {
		c.live.put(key, writes, false, live[block])
	}
	return live[block], err
}

// NamedAny reports whether the catalogue ever named a root, though it may name
// none any more: one that never did and lies beside blocks is not theirs.
func (c *Catalog) NamedAny(ctx context.Context) (bool, error) {
	tx, err := c.dialect.snapshot(ctx, c.sql)
	if err != nil {
		return false, c.fail(err, "roots")
	}
	defer func() { _ = tx.Rollback() }()
	last, err := c.dialect.lastID(ctx, tx, "roots")
	return last > 0, c.fail(err, "roots")
}

// BlockHeld reports whether a root that is held whole holds a block: if it is not
// on this node's disk, it was lost.
func (c *Catalog) BlockHeld(ctx context.Context, block cid.Cid) (bool, error) {
	_, err := one[int64](c.db(ctx), `SELECT b.root_id FROM root_blocks b JOIN pins p ON p.root_id = b.root_id
		WHERE b.mh = ? AND p.state = 'pinned' LIMIT 1`, mhOf(block))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, c.fail(err, "block %s", block)
}

func (c *Catalog) liveAmong(ctx context.Context, blocks []cid.Cid, live map[cid.Cid]bool) error {
	args := make([]any, 0, 2*len(blocks))
	for _, b := range blocks {
		args = append(args, mhOf(b))
	}
	list := marks(len(blocks))
	rows, err := many[struct {
		MH []byte `gorm:"column:mh"`
	}](c.db(ctx), "SELECT mh FROM root_blocks WHERE mh IN ("+list+") UNION SELECT mh FROM segment_blocks WHERE mh IN ("+list+")",
		append(args, args...)...)
	if err != nil {
		return err
	}
	found := make(map[string]bool, len(rows))
	for _, r := range rows {
		found[string(r.MH)] = true
	}
	for _, b := range blocks {
		if found[string(b.Hash())] {
			live[b] = true
		}
	}
	return nil
}
