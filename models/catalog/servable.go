package catalog

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// RootServable reports whether the files under a root may go out to whoever has
// its CID, and whether this node knows the root at all: published, imported or
// told to pin. The question is asked by multihash.
//
// The answer is this process's latest; of what other processes write to the
// database it may be 200 ms behind.
func (c *Catalog) RootServable(ctx context.Context, root cid.Cid) (servable, known bool, err error) {
	key := string(root.Hash())
	a, writes, ok := c.roots.get(key)
	if ok {
		return a.servable, a.known, nil
	}
	servable, known, err = c.rootServable(ctx, root)
	if err == nil {
		c.roots.put(key, writes, servable, known)
	}
	return servable, known, err
}

func (c *Catalog) rootServable(ctx context.Context, root cid.Cid) (servable, known bool, err error) {
	servable, err = one[bool](c.db(ctx), "SELECT servable FROM roots WHERE mh = ?", mhOf(root))
	if errors.Is(err, models.ErrNotFound) {
		return false, false, nil
	}
	return servable, err == nil, c.fail(err, "root %s", root)
}

// BlockServable reports whether a block may go out: at least one servable root
// holds it. The question is asked by multihash, since Bitswap may name another
// codec. As with RootServable, the answer is this process's latest.
func (c *Catalog) BlockServable(ctx context.Context, block cid.Cid) (bool, error) {
	key := string(block.Hash())
	a, writes, ok := c.blocks.get(key)
	if ok {
		return a.servable, nil
	}
	servable, err := c.blockServable(ctx, block)
	if err == nil {
		c.blocks.put(key, writes, servable, servable)
	}
	return servable, err
}

func (c *Catalog) blockServable(ctx context.Context, block cid.Cid) (bool, error) {
	_, err := one[int64](c.db(ctx), `SELECT b.root_id FROM root_blocks b JOIN roots o ON o.id = b.root_id
		WHERE b.mh = ? AND o.servable LIMIT 1`, mhOf(block))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, c.fail(err, "block %s", block)
}

// RootStanding returns why a known root is not served: good when it is, taken
// down (with the moderators' words) when an entry was taken down and none is
// served, otherwise the standing of its newest entry. models.ErrNotFound when
// no entry names it.
func (c *Catalog) RootStanding(ctx context.Context, root cid.Cid) (models.Standing, string, error) {
	row, err := one[struct {
		Standing string
		Reason   string
	}](c.db(ctx), `SELECT CASE WHEN o.servable THEN 'good' ELSE n.standing END AS standing,
			CASE WHEN o.servable THEN '' ELSE n.standing_reason END AS reason
		FROM (SELECT r.root_id, r.id, r.standing, r.standing_reason FROM releases r
				WHERE r.root_id = (SELECT id FROM roots WHERE mh = ?)
			UNION ALL SELECT v.root_id, r.id, r.standing, r.standing_reason FROM revisions v JOIN releases r ON r.id = v.release_id
				WHERE v.root_id = (SELECT id FROM roots WHERE mh = ?)) AS n JOIN roots o ON o.id = n.root_id
		ORDER BY CASE n.standing WHEN 'taken_down' THEN 0 ELSE 1 END, n.id DESC LIMIT 1`, mhOf(root), mhOf(root))
	return models.Standing(row.Standing), row.Reason, c.fail(err, "root %s", root)
}

// RootBlocks returns every block of a known root, by multihash.
func (c *Catalog) RootBlocks(ctx context.Context, root cid.Cid) ([]cid.Cid, error) {
	id, err := rootID(c.db(ctx), root)
	if errors.Is(err, models.ErrNotFound) {
		return []cid.Cid{}, nil
	}
	if err != nil {
		return nil, c.fail(err, "blocks of root %s", root)
	}
	blocks, err := blocksOfRoot(c.db(ctx), id)
	return blocks, c.fail(err, "blocks of root %s", root)
}

func blocksOfRoot(db *gorm.DB, root int64) ([]cid.Cid, error) {
	rows, err := many[struct {
		MH    []byte `gorm:"column:mh"`
		Codec int64
	}](db, "SELECT mh, codec FROM root_blocks WHERE root_id = ? ORDER BY mh", root)
	if err != nil {
		return nil, err
	}
	out := make([]cid.Cid, len(rows))
	for i, r := range rows {
		out[i] = cid.NewCidV1(uint64(r.Codec), r.MH)
	}
	return out, nil
}
