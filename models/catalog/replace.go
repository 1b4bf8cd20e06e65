package catalog

import (
	"context"

	"gorm.io/gorm"

	"runnel/models"
)

// admitReplacement prepares a release that is to replace another's media: the
// other one belongs to the same account and is final, and nothing else is on its
// way to replace it. One that failed or was cancelled is removed.
func (c *Catalog) admitReplacement(tx *gorm.DB, r *models.Release) error {
	target, err := c.lockRelease(tx, r.Replaces)
	if err != nil {
		return err
	}
	switch {
	case target.AccountID != r.AccountID:
		return models.ErrNotFound
	case target.State != string(models.StateFinal) || target.Replaces != "":
		return models.NewFault(models.ErrInvalid, "release_not_final", "Only a published release can get other media.")
	}
	n, err := one[int](tx, "SELECT count(*) FROM releases WHERE replaces = ? AND state NOT IN ('failed', 'cancelled')", r.Replaces)
	if err == nil && n > 0 {
		err = models.NewFault(models.ErrExists, "release_replacing", "Other media are on their way to this release already; cancel them first.")
	}
	if err != nil {
		return err
	}
	r.ChannelID, r.Title, r.Kind, r.Visibility = target.ChannelID, target.Title, models.Kind(target.Kind), models.Private
	return c.removeReplacements(tx, r.Replaces)
}

func (c *Catalog) removeReplacements(tx *gorm.DB, target string) error {
	rows, err := many[releaseRow](tx, selectReleases+" WHERE r.replaces = ? AND r.replaces <> ''", target)
	for _, r := range rows {
		if err == nil {
			err = c.removeRelease(tx, r)
		}
	}
	return err
}

// replaceMedia makes what a release has become the next revision of its target,
// which gets its upload too. The segments that the target was watched by while
// it was transcoded are of other media.
func (c *Catalog) replaceMedia(tx *gorm.DB, id, target string, p Publication) error {
	if err := c.supersede(tx, target, p); err != nil {
		return err
	}
	if err := c.putRevision(tx, target, p, "state = 'final'"); err != nil {
		return err
	}
	for _, table := range []string{"segments", "segment_blocks", "parts", "uploads"} {
		if err := tx.Exec("DELETE FROM "+table+" WHERE release_id = ?", target).Error; err != nil {
			return err
		}
	}
	if err := tx.Exec("UPDATE uploads SET release_id = ? WHERE release_id = ?", target, id).Error; err != nil {
		return err
	}
	if err := must(tx, `UPDATE releases SET (source_path, source_sha256, source_size) =
		(SELECT d.source_path, d.source_sha256, d.source_size FROM releases d WHERE d.id = ?) WHERE id = ?`, id, target); err != nil {
		return err
	}
	r, err := c.lockRelease(tx, id)
	if err != nil {
		return err
	}
	return c.removeRelease(tx, r)
}

// Replacements returns what is to replace the media of an account's releases, by
// the id of the release whose media it will be.
func (c *Catalog) Replacements(ctx context.Context, account int64) (map[string]models.Release, error) {
	rows, err := many[releaseRow](c.db(ctx), selectReleases+" WHERE r.replaces <> '' AND r.account_id = ? ORDER BY r.id LIMIT 1000", account)
	if err != nil {
		return nil, c.fail(err, "replacements of account %d", account)
	}
	out := make(map[string]models.Release, len(rows))
	for _, row := range rows {
		r, err := row.model()
		if err != nil {
			return nil, wrap(err, "replacements of account %d", account)
		}
		out[r.Replaces] = r
	}
	return out, nil
}
