package catalog

import (
	"context"
	"errors"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// ImportRelease writes the entry of a release that was not transcoded here: one
// pinned or imported from elsewhere, or found again by a rebuild. Its Manifest,
// ID, ChannelID and ChannelName come from a manifest that was verified; what else
// it says is anybody's, and is cut to what a column holds. The entry goes out
// only once its root is held under a pin.
//
// On another node's channel it belongs to no account and is public, and a
// manifest of a higher rev takes its place, whereupon the root before is let go.
// On a channel of this node it belongs to that channel's account, private where
// nothing says otherwise, because a manifest does not tell what its creator
// chose. What moderators said stays, also where the entry was gone meanwhile.
//
// A manifest never changes what this node published. These are Faults of
// models.ErrExists: "release_id_taken" (the id is another release's),
// "release_own" (it is of a release published here, with other bytes),
// "release_superseded" (a higher rev is here) and "release_rev_taken" (the same
// rev with other bytes is here). An id from the future would lead every list for
// ever: it is "release_id_future", models.ErrInvalid.
func (c *Catalog) ImportRelease(ctx context.Context, r models.Release, renditions []models.Rendition) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error { return c.importRelease(tx, r, renditions) })
	return c.fail(err, "import release %q", r.ID)
}

// PinRelease is PinHeld for a root whose manifest was verified: the entry of its
// release is written in the same transaction, as by ImportRelease.
func (c *Catalog) PinRelease(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64, r models.Release, renditions []models.Rendition) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.holdPins(tx, root, blocks, bytes); err != nil {
			return err
		}
		r.Manifest = root
		return c.importRelease(tx, r, renditions)
	})
	return c.fail(err, "pin %s", root)
}

func (c *Catalog) importRelease(tx *gorm.DB, r models.Release, renditions []models.Rendition) error {
	old, found, err := c.placeFor(tx, &r)
	if err != nil {
		return err
	}
	root, err := c.putRoot(tx, r.Manifest)
	if err != nil {
		return err
	}
	switch {
	case found && (old.AccountID != 0 || old.Rev > r.Rev): // an earlier revision is what placeFor let through
		return refreshRoot(tx, root)
	case found:
		err = c.renewRelease(tx, old, r, root)
	default:
		err = c.newImport(tx, r, root)
	}
	if err != nil {
		return err
	}
	if err := replaceRenditions(tx, r.ID, clipRenditions(renditions)); err != nil {
		return err
	}
	return refreshRoot(tx, root)
}

// placeFor brings an import into the form it is kept in, and finds the entry
// whose place it takes, if it may.
func (c *Catalog) placeFor(tx *gorm.DB, r *models.Release) (old releaseRow, found bool, err error) {
	if err := c.prepareImport(r); err != nil {
		return old, false, err
	}
	old, err = c.lockRelease(tx, r.ID)
	if errors.Is(err, models.ErrNotFound) {
		return old, false, nil
	}
	if err != nil {
		return old, false, err
	}
	if fault := mayReplace(old, *r); fault != nil {
		return old, true, unlessEarlier(tx, *r, fault)
	}
	return old, true, nil
}

// unlessEarlier lets through what takes nobody's place: a revision that its release
// keeps, fetched again.
func unlessEarlier(tx *gorm.DB, r models.Release, fault error) error {
	_, err := one[int64](tx, "SELECT v.root_id FROM revisions v JOIN roots o ON o.id = v.root_id WHERE v.release_id = ? AND o.mh = ?",
		r.ID, mhOf(r.Manifest))
	if errors.Is(err, models.ErrNotFound) {
		return fault
	}
	return err
}

// mayReplace says whether an import may stand where an entry is.
func mayReplace(old releaseRow, r models.Release) error {
	now, err := old.model()
	switch {
	case err != nil:
		return err
	case now.ChannelID != r.ChannelID:
		return models.NewFault(models.ErrExists, "release_id_taken", "Another channel's release with the same id is on this node already.")
	case now.Manifest.Equals(r.Manifest):
		return nil
	case now.AccountID != 0:
		return models.NewFault(models.ErrExists, "release_own", "This release was published on this node, which keeps its own copy.")
	case now.Rev > r.Rev:
		return models.NewFault(models.ErrExists, "release_superseded", "This node keeps a newer revision of this release.")
	case now.Rev == r.Rev:
		return models.NewFault(models.ErrExists, "release_rev_taken", "This node keeps other files that its channel signed as the same revision.")
	}
	return nil
}

// newImport writes an entry that was not there.
func (c *Catalog) newImport(tx *gorm.DB, r models.Release, root int64) error {
	if err := c.hostChannel(tx, &r); err != nil {
		return err
	}
	if r.Visibility == "" {
		r.Visibility = models.Public
		if r.AccountID != 0 {
			r.Visibility = models.Private
		}
	}
	word, err := lastWord(tx, r.ID)
	if err != nil {
		return err
	}
	r.Standing, r.StandingReason = word.model()
	if err := c.insertRelease(tx, r, root); err != nil {
		return err
	}
	if err := tx.Exec("UPDATE releases SET standing_reason = ? WHERE id = ?", r.StandingReason, r.ID).Error; err != nil {
		return err
	}
	if err := bar(tx, "releases.id = ?", r.ID); err != nil {
		return err
	}
	if r.AccountID == 0 {
		return c.published(tx, r.ID)
	}
	// It stays when whoever pinned it lets it go.
	return tx.Exec(`INSERT INTO pins (root_id, reason, state, blocks, bytes, created_at)
		SELECT p.root_id, 'own', p.state, p.blocks, p.bytes, p.created_at FROM pins p
		WHERE p.root_id = ? AND p.reason = 'asked' AND p.state = 'pinned' ON CONFLICT DO NOTHING`, root).Error
}

// renewRelease puts a newer revision, or the same again, in an entry's place.
// Visibility and standing stay.
func (c *Catalog) renewRelease(tx *gorm.DB, old releaseRow, r models.Release, root int64) error {
	if err := c.hostChannel(tx, &r); err != nil {
		return err
	}
	args := []any{root, r.Rev, string(r.Kind), r.Title, r.Description, toJSON(r.Tags), r.Language, r.License,
		int64(r.Duration), int64(r.Duration), r.Width, r.Height, r.Bytes, r.Poster}
	args = append(append(args, loudnessValues(r.Loudness)...), creditValues(r.Credits)...)
	args = append(args, c.now(), r.ID)
	if err := must(tx, `UPDATE releases SET root_id = ?, rev = ?, kind = ?, title = ?, description = ?, tags = ?, language = ?, license = ?,
		playable = ?, duration = ?, width = ?, height = ?, bytes = ?, poster = ?,
		loudness_integrated = ?, loudness_range = ?, loudness_peak = ?, `+setCredits+`, updated_at = ? WHERE id = ?`, args...); err != nil {
		return err
	}
	if err := reindex(c.dialect, tx, "r.id = ?", r.ID); err != nil || old.RootID == root {
		return err
	}
	if old.Standing == string(models.StandingGood) {
		if err := c.openCase(tx, r.ID, models.CaseNew); err != nil { // these files nobody has seen
			return err
		}
	}
	// Without an entry, the root before would go out whatever moderators said.
	if err := tx.Exec("DELETE FROM pins WHERE root_id = ? AND reason = 'asked'", old.RootID).Error; err != nil {
		return err
	}
	return dropRoot(tx, old.RootID)
}
