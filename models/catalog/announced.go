package catalog

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// announced is the condition on a root o under which its name may be told to
// strangers: it may go out, and a public release of good standing names it, or
// no release does and a creator asked for it. Unlisted releases go out to who
// has the CID and are told to nobody, and so do earlier revisions.
const announced = `o.servable AND (EXISTS (SELECT 1 FROM releases r WHERE r.root_id = o.id
		AND r.state = 'final' AND r.standing = 'good' AND r.visibility = 'public')
	OR NOT EXISTS (SELECT 1 FROM releases r WHERE r.root_id = o.id) AND NOT EXISTS (SELECT 1 FROM revisions v WHERE v.root_id = o.id))`

// RootAnnounced reports whether this node may tell strangers that it holds a
// root. The question is asked by multihash.
func (c *Catalog) RootAnnounced(ctx context.Context, root cid.Cid) (bool, error) {
	_, err := one[int64](c.db(ctx), "SELECT o.id FROM roots o WHERE o.mh = ? AND "+announced, mhOf(root))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, c.fail(err, "root %s", root)
}

// AnnouncedRoots returns a page of the roots that may be announced, and the
// cursor of the next page: 0 for the first, and 0 again after the last.
func (c *Catalog) AnnouncedRoots(ctx context.Context, cursor int64, limit int) (roots []cid.Cid, next int64, err error) {
	rows, err := many[struct {
		ID  int64
		CID []byte `gorm:"column:cid"`
	}](c.db(ctx), "SELECT o.id, o.cid FROM roots o WHERE o.id > ? AND "+announced+" ORDER BY o.id LIMIT ?", cursor, limit)
	if err != nil {
		return nil, 0, c.fail(err, "announced roots")
	}
	for _, row := range rows {
		root, err := cid.Cast(row.CID)
		if err != nil {
			return nil, 0, c.fail(errors.Join(models.ErrCorrupt, err), "root %d", row.ID)
		}
		roots = append(roots, root)
	}
	if len(rows) == limit {
		next = rows[len(rows)-1].ID
	}
	return roots, next, nil
}
