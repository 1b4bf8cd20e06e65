package catalog

import (
	"bytes"
	"slices"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"
)

// goesOut is the condition on a release r under which its roots may go out, that
// of its latest revision and those of the earlier ones that are kept.
const goesOut = "r.state = 'final' AND r.standing = 'good' AND r.visibility <> 'private'"

// namedBy returns the condition that a release names a root, now or as an
// earlier revision, and that more holds of this release r.
func namedBy(root, more string) string {
	return `(EXISTS (SELECT 1 FROM releases r WHERE r.root_id = ` + root + ` AND ` + more + `)
		OR EXISTS (SELECT 1 FROM revisions v JOIN releases r ON r.id = v.release_id WHERE v.root_id = ` + root + ` AND ` + more + `))`
}

// refreshRoot decides anew whether a root may go out. It may when its blocks
// are held under a pin, and a catalogue entry of good standing that is not
// private names it, or no entry names it at all and a creator asked for it.
// Every transaction that changes one of these ends with it.
func refreshRoot(tx *gorm.DB, root int64) error {
	return tx.Exec(`UPDATE roots SET servable =
		EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id AND p.state = 'pinned')
		AND (`+namedBy("roots.id", goesOut)+`
			OR EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id AND p.reason = 'asked' AND p.state = 'pinned')
				AND NOT `+namedBy("roots.id", "1 = 1")+`)
		WHERE id = ?`, root).Error
}

// refreshRelease is refreshRoot for all roots of a release.
func refreshRelease(tx *gorm.DB, r releaseRow) error {
	roots, err := rootsOf(tx, r)
	for _, root := range roots {
		if err == nil {
			err = refreshRoot(tx, root)
		}
	}
	return err
}

// rootsOf returns the roots of a release, that of its latest revision last.
func rootsOf(db *gorm.DB, r releaseRow) ([]int64, error) {
	roots, err := many[int64](db, "SELECT root_id FROM revisions WHERE release_id = ? ORDER BY rev", r.ID)
	if r.RootID != 0 {
		roots = append(roots, r.RootID)
	}
	return roots, err
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
	n, err := change(tx, `DELETE FROM roots WHERE id = ? AND NOT `+namedBy("roots.id", "1 = 1")+`
		AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = roots.id)`, root)
	if err != nil || n > 0 {
		return err
	}
	return refreshRoot(tx, root)
}
