package catalog

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// CreatePart begins an upload that becomes no release by itself: one of the
// parts that tus concatenates. Completing it queues nothing.
func (c *Catalog) CreatePart(ctx context.Context, u models.Upload) (models.Upload, error) {
	c.fillUpload(&u)
	u.ReleaseID, u.Concat, u.Parts = "", models.ConcatPartial, nil
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.admitUpload(tx, u, false); err != nil {
			return err
		}
		if err := c.room(tx, u.AccountID, max(u.Length, 1)); err != nil {
			return err
		}
		return insertUpload(tx, u)
	})
	return u, c.fail(err, "create upload %q", u.ID)
}

// takeParts gives the parts of a final upload to it, and finds out its length:
// whole parts of the same account that nothing was made of.
func (c *Catalog) takeParts(tx *gorm.DB, u *models.Upload) error {
	u.Length = 0
	seen := map[string]bool{}
	for _, id := range u.Parts {
		part, err := c.lockUpload(tx, id)
		switch {
		case err != nil:
			return err
		case part.AccountID != u.AccountID:
			return models.ErrNotFound
		case part.Concat != string(models.ConcatPartial):
			return models.NewFault(models.ErrInvalid, "not_a_part", "Only uploads that were begun as parts can be put together.")
		case seen[id]:
			return models.NewFault(models.ErrInvalid, "part_twice", "A part can stand in a file only once.")
		case part.PartOf != "":
			return models.NewFault(models.ErrExists, "part_taken", "A part belongs to another file already.")
		case !part.Complete:
			return models.NewFault(models.ErrInvalid, "upload_not_finished", "One of the parts is not whole yet.")
		}
		seen[id] = true
		u.Length += part.Received
		if err := tx.Exec("UPDATE uploads SET part_of = ? WHERE id = ?", u.ID, id).Error; err != nil {
			return err
		}
	}
	return nil
}

// ConsumePart moves the end of a final upload over one of its parts, whose bytes
// it has now, written and synced; the part is gone. A second call changes nothing.
func (c *Catalog) ConsumePart(ctx context.Context, final, part string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if _, err := c.lockUpload(tx, final); err != nil {
			return err
		}
		n, err := one[int64](tx, "SELECT coalesce(sum(u.received), -1) FROM uploads u WHERE u.id = ? AND u.part_of = ?", part, final)
		if err != nil || n < 0 {
			return err
		}
		if err := must(tx, "UPDATE uploads SET received = received + ? WHERE id = ? AND received + ? <= length", n, final, n); err != nil {
			return err
		}
		return must(tx, "DELETE FROM uploads WHERE id = ?", part)
	})
	return c.fail(err, "part %q of upload %q", part, final)
}

// partTaken reports whether a final upload that is there needs a part.
func (c *Catalog) partTaken(tx *gorm.DB, part uploadRow) (bool, error) {
	if part.PartOf == "" {
		return false, nil
	}
	_, err := c.lockUpload(tx, part.PartOf)
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
