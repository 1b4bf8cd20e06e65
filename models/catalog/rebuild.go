package catalog

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// Found is a release that was found among blocks alone.
type Found struct {
	Release    models.Release // as the latest manifest tells it, which was verified; Manifest is its root
	Renditions []models.Rendition
	Revisions  []FoundRevision // oldest first; the last one is Release's
	// Open says that everyone may see it, in the words of whoever rebuilds.
	Open bool
}

// FoundRevision is one of its revisions, with the blocks that are here.
type FoundRevision struct {
	models.Revision
	Blocks []cid.Cid
	Whole  bool // all of it is here, verified; else it waits to be fetched
}

// Rebuild puts back the entry of a release with its revisions, in one
// transaction, and reports whether it was not there. A manifest tells neither who
// might see a release nor what moderators said of it, so that nothing goes out by
// this alone: where the channel belongs to an account here, the release is that
// account's and private; elsewhere it belongs to nobody and waits for a moderator
// to approve it, unless Open is set. What moderators said before and the catalogue
// still knows holds in any case. An entry that is there keeps its texts, visibility
// and standing, and one that was published here is not touched at all. The Faults
// are those of ImportRelease.
func (c *Catalog) Rebuild(ctx context.Context, f Found) (fresh bool, err error) {
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		fresh, err = c.rebuild(tx, f)
		return err
	})
	return fresh && err == nil, c.fail(err, "rebuild release %q", f.Release.ID)
}

func (c *Catalog) rebuild(tx *gorm.DB, f Found) (fresh bool, err error) {
	if len(f.Revisions) == 0 {
		return false, models.ErrInvalid
	}
	r := f.Release
	old, found, err := c.placeFor(tx, &r)
	if err != nil || found && old.AccountID != 0 {
		return false, err
	}
	reason, err := reasonFor(tx, r.ChannelID)
	if err != nil {
		return false, err
	}
	if _, err := c.holdFound(tx, f.Revisions[len(f.Revisions)-1], reason); err != nil {
		return false, err
	}
	if err := c.importRelease(tx, f.Release, f.Renditions); err != nil {
		return false, err
	}
	if !found && !f.Open {
		if err := c.holdBack(tx, r.ID); err != nil {
			return false, err
		}
	}
	return !found, c.putEarlier(tx, r, f.Revisions[:len(f.Revisions)-1], reason)
}

// reasonFor is why the roots of a channel are kept: its account's are its own.
func reasonFor(tx *gorm.DB, channel string) (models.PinReason, error) {
	_, err := one[string](tx, "SELECT id FROM channels WHERE id = ? AND account_id IS NOT NULL", channel)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.PinAsked, nil
	case err != nil:
		return "", err
	}
	return models.PinOwn, nil
}

// holdFound writes a root with its blocks and its pin. One that is not whole is
// queued, for a node to fetch what is missing.
func (c *Catalog) holdFound(tx *gorm.DB, v FoundRevision, reason models.PinReason) (root int64, err error) {
	if root, err = c.putRoot(tx, v.Root); err != nil {
		return 0, err
	}
	if err := holdBlocks(tx, root, append([]cid.Cid{v.Root}, v.Blocks...)); err != nil {
		return 0, err
	}
	if v.Whole {
		return root, c.pinHeld(tx, root, reason, len(v.Blocks), v.Bytes)
	}
	return root, tx.Exec(`INSERT INTO pins (root_id, reason, state, blocks, bytes, created_at) VALUES (?, ?, 'queued', 0, 0, ?)
		ON CONFLICT (root_id, reason) DO NOTHING`, root, string(reason), c.now()).Error
}

// holdBack has a release that belongs to nobody wait for a moderator, also where
// it is hidden with its channel and that is let in again.
func (c *Catalog) holdBack(tx *gorm.DB, id string) error {
	n, err := change(tx, `UPDATE releases SET standing = CASE WHEN barred = '' THEN 'review' ELSE standing END,
		barred = CASE WHEN barred = 'good' THEN 'review' ELSE barred END
		WHERE id = ? AND account_id IS NULL AND (standing = 'good' OR barred = 'good')`, id)
	if err != nil || n == 0 {
		return err
	}
	return c.published(tx, id)
}

// putEarlier writes the revisions before the latest; of many, those that a
// release keeps.
func (c *Catalog) putEarlier(tx *gorm.DB, r models.Release, earlier []FoundRevision, reason models.PinReason) error {
	for _, v := range earlier[max(0, len(earlier)-keptRevisions):] {
		root, err := c.holdFound(tx, v, reason)
		if err != nil {
			return err
		}
		at := micros(r.CreatedAt)
		if err := tx.Exec(`INSERT INTO revisions (release_id, rev, root_id, bytes, duration, poster, published_at, ended_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, r.ID, v.Rev, root, v.Bytes, int64(v.Duration), v.Poster, at, at).Error; err != nil {
			return err
		}
		if err := refreshRoot(tx, root); err != nil {
			return err
		}
	}
	return nil
}

// RootNamed reports whether a root is held whole and a release names it, now or
// as an earlier revision: a rebuild passes over it.
func (c *Catalog) RootNamed(ctx context.Context, root cid.Cid) (bool, error) {
	_, err := one[int64](c.db(ctx), `SELECT o.id FROM roots o WHERE o.mh = ? AND `+namedBy("o.id", "1 = 1")+`
		AND EXISTS (SELECT 1 FROM pins p WHERE p.root_id = o.id AND p.state = 'pinned')`, mhOf(root))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, c.fail(err, "root %s", root)
}
