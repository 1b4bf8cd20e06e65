package catalog

import (
	"context"

	"gorm.io/gorm"

	"runnel/models"
)

// Patch names what UpdateRelease changes; nil leaves a field as it is.
type Patch struct {
	Title       *string
	Description *string
	Tags        *[]string
	Language    *string
	License     *string
	Visibility  *models.Visibility
	Kind        *models.Kind
	Schedule    *Schedule
}

func (p Patch) apply(r *models.Release) {
	set(&r.Title, p.Title)
	set(&r.Description, p.Description)
	set(&r.Tags, p.Tags)
	set(&r.Language, p.Language)
	set(&r.License, p.License)
	set(&r.Visibility, p.Visibility)
	set(&r.Kind, p.Kind)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// UpdateRelease changes the catalogue's words on a release, its full text and
// what may go out, in one transaction, and returns the release as it then is.
// An empty title becomes "Untitled"; a value that is not allowed is a Fault.
func (c *Catalog) UpdateRelease(ctx context.Context, id string, p Patch) (models.Release, error) {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		row, err := c.lockRelease(tx, id)
		if err != nil {
			return err
		}
		r, err := row.model()
		if err != nil {
			return err
		}
		before := r.Visibility
		p.apply(&r)
		if err := p.schedule(&r); err != nil {
			return err
		}
		if (p.Kind != nil && !r.Kind.Valid()) || (p.Visibility != nil && !r.Visibility.Valid()) {
			return checkKinds(r.Kind, r.Visibility)
		}
		if err := c.prepareRelease(&r, r.CreatedAt); err != nil {
			return err
		}
		if err := must(tx, `UPDATE releases SET title = ?, description = ?, tags = ?, language = ?, license = ?, visibility = ?, kind = ?,
			publish_at = ?, publish_as = ?, updated_at = ? WHERE id = ?`, r.Title, r.Description, toJSON(r.Tags), r.Language, r.License,
			string(r.Visibility), string(r.Kind), micros(r.PublishAt), string(r.PublishAs), c.now(), id); err != nil {
			return err
		}
		if err := reindex(c.dialect, tx, "r.id = ?", id); err != nil {
			return err
		}
		if err := refreshRelease(tx, row); err != nil || before != models.Private || r.Visibility == models.Private {
			return err
		}
		return c.published(tx, id)
	})
	if err != nil {
		return models.Release{}, c.fail(err, "update release %q", id)
	}
	return c.Release(ctx, id)
}

// DeleteRelease removes a release with its job, segments and upload, its earlier
// revisions and what was to replace its media. Each root goes too, with its pin
// and list of blocks, unless another release names it or a creator asked to keep it; what did not go out while it was here, being
// private or taken down, is kept for nobody's asking, since without its entry it
// would. The caller removes the source file.
func (c *Catalog) DeleteRelease(ctx context.Context, id string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		r, err := c.lockRelease(tx, id)
		if err != nil {
			return err
		}
		return c.removeRelease(tx, r)
	})
	return c.fail(err, "delete release %q", id)
}

func (c *Catalog) removeRelease(tx *gorm.DB, r releaseRow) error {
	if err := c.dialect.unindex(tx, r.Seq); err != nil {
		return err
	}
	roots, err := rootsOf(tx, r)
	if err != nil {
		return err
	}
	if err := c.removeReplacements(tx, r.ID); err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM likenesses WHERE release_id = ? AND NOT taken_down", r.ID).Error; err != nil {
		return err
	}
	if err := must(tx, "DELETE FROM releases WHERE seq = ?", r.Seq); err != nil {
		return err
	}
	for _, root := range roots {
		if err := letGo(tx, root, r); err != nil {
			return err
		}
	}
	return nil
}

// letGo ends the pins of a root that a release names no more.
func letGo(tx *gorm.DB, root int64, r releaseRow) error {
	err := tx.Exec(`DELETE FROM pins WHERE root_id = ? AND (reason = 'own' OR ?)
		AND NOT `+namedBy("pins.root_id", "1 = 1"),
		root, r.Standing != string(models.StandingGood) || r.Visibility == string(models.Private)).Error
	if err != nil {
		return err
	}
	return dropRoot(tx, root)
}

// lockRelease reads a release that the transaction goes on to change.
func (c *Catalog) lockRelease(tx *gorm.DB, id string) (releaseRow, error) {
	if lock := c.dialect.forUpdate(); lock != "" {
		if _, err := one[string](tx, "SELECT id FROM releases WHERE id = ?"+lock, id); err != nil {
			return releaseRow{}, err
		}
	}
	return one[releaseRow](tx, selectReleases+" WHERE r.id = ?", id)
}
