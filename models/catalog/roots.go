package catalog

import (
	"bytes"
	"slices"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"
)

// refreshRoot decides anew whether a root may go out. It may when its blocks
// are held under a pin, and a catalogue entry of good standing that is not
// private names it, or no entry names it at all and a creator asked for it.
// Every transaction that changes one of these ends with it.
func refreshRoot(tx *gorm.DB, root int64) error {
	return tx.Exec(`UPDATE roots SET servable =
		EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id AND p.state = 'pinned')
		AND (EXISTS (SELECT 1 FROM releases r WHERE r.root_id = roots.id
				AND r.state = 'final' AND r.standing = 'good' AND r.visibility <> 'private')
			OR EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id AND p.reason = 'asked' AND p.state = 'pinned')
				AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.root_id = roots.id))
		WHERE id = ?`, root).Error
}

// putRoot returns the row of a root, new or old.
func (c *Catalog) putRoot(tx *gorm.DB, root cid.Cid) (int64, error) {
	err := tx.Exec("INSERT INTO roots (mh, cid, created_at) VALUES (?, ?, ?) ON CONFLICT (mh) DO NOTHING",
		mhOf(root), blob(root.Bytes()), c.now()).Error
	if err != nil {
		return 0, err
	}
	return rootID(tx, root)
}

func rootID(db *gorm.DB, root cid.Cid) (int64, error) {
	return one[int64](db, "SELECT id FROM roots WHERE mh = ?", mhOf(root))
}

// holdBlocks writes root_blocks, sorted, so that the table grows in runs.
func holdBlocks(tx *gorm.DB, root int64, blocks []cid.Cid) error {
	blocks = slices.Clone(blocks)
	slices.SortFunc(blocks, func(a, b cid.Cid) int { return bytes.Compare(a.Hash(), b.Hash()) })
	values := make([]any, 0, 3*len(blocks))
	for _, b := range blocks {
		values = append(values, mhOf(b), root, int64(b.Prefix().Codec))
	}
	return insertRows(tx, "INSERT INTO root_blocks (mh, root_id, codec)", "ON CONFLICT DO NOTHING", 3, values)
}

// dropRoot forgets a root that neither a release nor a pin names any more, and
// with it which blocks it held; otherwise it decides anew what may go out.
func dropRoot(tx *gorm.DB, root int64) error {
	n, err := change(tx, `DELETE FROM roots WHERE id = ? AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.root_id = roots.id)
		AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id)`, root)
	if err != nil || n > 0 {
		return err
	}
	return refreshRoot(tx, root)
}
