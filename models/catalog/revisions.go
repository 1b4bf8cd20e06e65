package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// CodeSuperseded is the code of the Fault for a revision of a release that has
// got another one meanwhile. Who made it makes it anew on top of that one.
const CodeSuperseded = "release_superseded"

// keptRevisions is how many earlier revisions of a release are kept. The oldest
// goes when there are more: captions are mended often, and each revision lists
// all its blocks.
const keptRevisions = 10

// Amend makes p the next revision of a final release of this node, whose media
// stay: in one transaction the release names its root, and the revision before
// is kept as an earlier one. A Fault of CodeSuperseded where p.Supersedes is not
// the release's root any more.
func (c *Catalog) Amend(ctx context.Context, id string, p Publication) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.supersede(tx, id, p); err != nil {
			return err
		}
		return c.putRevision(tx, id, p, "state = 'final'")
	})
	return c.fail(err, "amend release %q", id)
}

// supersede keeps what a release is as an earlier revision.
func (c *Catalog) supersede(tx *gorm.DB, id string, p Publication) error {
	r, err := c.lockRelease(tx, id)
	if err != nil {
		return err
	}
	m, err := r.model()
	switch {
	case err != nil:
		return err
	case m.State != models.StateFinal || m.AccountID == 0:
		return models.ErrNotFound
	case !m.Manifest.Equals(p.Supersedes) || p.Rev != m.Rev+1 || p.Root.Equals(m.Manifest):
		return models.NewFault(models.ErrExists, CodeSuperseded, "This release was changed meanwhile; look at it again, then repeat the change.")
	}
	if err := tx.Exec(`INSERT INTO revisions (release_id, rev, root_id, bytes, duration, poster, published_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id, r.Rev, r.RootID, p.Own, r.Duration, r.Poster, max(r.RevAt, r.FinalAt), c.now()).Error; err != nil {
		return err
	}
	// What the next revision holds too is counted there.
	if err := tx.Exec(`UPDATE pins SET bytes = ? WHERE root_id = ? AND state = 'pinned'
		AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.root_id = pins.root_id AND r.id <> ?)`, p.Own, r.RootID, id).Error; err != nil {
		return err
	}
	return c.dropOldest(tx, r)
}

func (c *Catalog) dropOldest(tx *gorm.DB, r releaseRow) error {
	old, err := many[int](tx, "SELECT rev FROM revisions WHERE release_id = ? ORDER BY rev DESC LIMIT 100 OFFSET ?", r.ID, keptRevisions)
	for _, rev := range old {
		if err == nil {
			err = c.dropRevision(tx, r, rev)
		}
	}
	return err
}

// DeleteRevision forgets an earlier revision of a release; the latest one goes
// with the release alone.
func (c *Catalog) DeleteRevision(ctx context.Context, id string, rev int) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		r, err := c.lockRelease(tx, id)
		if err == nil && r.Rev == rev {
			err = models.NewFault(models.ErrInvalid, "revision_latest", "This is the revision that plays now; delete the release instead.")
		}
		if err != nil {
			return err
		}
		return c.dropRevision(tx, r, rev)
	})
	return c.fail(err, "delete revision %d of release %q", rev, id)
}

func (c *Catalog) dropRevision(tx *gorm.DB, r releaseRow, rev int) error {
	root, err := one[int64](tx, "SELECT root_id FROM revisions WHERE release_id = ? AND rev = ?", r.ID, rev)
	if err != nil {
		return err
	}
	if err := must(tx, "DELETE FROM revisions WHERE release_id = ? AND rev = ?", r.ID, rev); err != nil {
		return err
	}
	return letGo(tx, root, r)
}

type revisionRow struct {
	Rev         int
	CID         []byte `gorm:"column:cid"`
	Bytes       int64
	Duration    int64
	Poster      string
	PublishedAt int64
	EndedAt     int64
}

func (r revisionRow) model() (models.Revision, error) {
	root, err := cid.Cast(r.CID)
	if err != nil {
		err = fmt.Errorf("%w: root of revision %d: %w", models.ErrCorrupt, r.Rev, err)
	}
	return models.Revision{Rev: r.Rev, Root: root, Bytes: r.Bytes, Duration: time.Duration(r.Duration), Poster: r.Poster,
		PublishedAt: instant(r.PublishedAt), EndedAt: instant(r.EndedAt)}, err
}

// Revisions returns the revisions of a release that are kept, the latest first.
func (c *Catalog) Revisions(ctx context.Context, id string) ([]models.Revision, error) {
	rows, err := many[revisionRow](c.db(ctx), `SELECT r.rev, o.cid, r.bytes, r.duration, r.poster,
			CASE WHEN r.rev_at > 0 THEN r.rev_at ELSE r.final_at END AS published_at, 0 AS ended_at
			FROM releases r JOIN roots o ON o.id = r.root_id WHERE r.id = ?
		UNION ALL SELECT v.rev, o.cid, v.bytes, v.duration, v.poster, v.published_at, v.ended_at
			FROM revisions v JOIN roots o ON o.id = v.root_id WHERE v.release_id = ?
		ORDER BY rev DESC`, id, id)
	if err != nil {
		return nil, c.fail(err, "revisions of release %q", id)
	}
	out := make([]models.Revision, len(rows))
	for i, r := range rows {
		if out[i], err = r.model(); err != nil {
			return nil, wrap(err, "revisions of release %q", id)
		}
	}
	return out, nil
}

// RevisionRoot returns the root of one revision of a release.
func (c *Catalog) RevisionRoot(ctx context.Context, id string, rev int) (cid.Cid, error) {
	raw, err := one[[]byte](c.db(ctx), `SELECT o.cid FROM releases r JOIN roots o ON o.id = r.root_id WHERE r.id = ? AND r.rev = ?
		UNION ALL SELECT o.cid FROM revisions v JOIN roots o ON o.id = v.root_id WHERE v.release_id = ? AND v.rev = ?`, id, rev, id, rev)
	if err != nil {
		return cid.Undef, c.fail(err, "revision %d of release %q", rev, id)
	}
	root, err := cid.Cast(raw)
	return root, wrap(err, "revision %d of release %q", rev, id)
}
