package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// AdvanceUpload records that offset bytes are written and synced. An offset
// that was passed already changes nothing; models.ErrInvalid beyond the length.
func (c *Catalog) AdvanceUpload(ctx context.Context, id string, offset int64) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		u, err := c.lockUpload(tx, id)
		if err != nil || offset <= u.Received {
			return err
		}
		if u.Complete || u.Length >= 0 && offset > u.Length {
			return models.NewFault(models.ErrInvalid, "upload_offset", "The upload is longer than it said.")
		}
		if u.Length < 0 {
			if err := c.room(tx, u.AccountID, offset-u.Received); err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE uploads SET received = ? WHERE id = ?", offset, id).Error
	})
	return c.fail(err, "advance upload %q", id)
}

// ExtendUpload moves the end of an unfinished upload's time further away.
func (c *Catalog) ExtendUpload(ctx context.Context, id string, until time.Time) error {
	err := c.writeOne(ctx, "UPDATE uploads SET expires_at = CASE WHEN expires_at < ? THEN ? ELSE expires_at END WHERE id = ? AND NOT complete",
		micros(until), micros(until), id)
	return c.fail(err, "extend upload %q", id)
}

// SetUploadLength fixes a deferred length. The same length again changes
// nothing; another one, or one below what has arrived, is models.ErrInvalid.
func (c *Catalog) SetUploadLength(ctx context.Context, id string, length int64) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		u, err := c.lockUpload(tx, id)
		if err != nil || u.Length == length {
			return err
		}
		if u.Length >= 0 || length < u.Received {
			return models.NewFault(models.ErrInvalid, "upload_length", "The length of this upload is fixed already.")
		}
		if err := c.room(tx, u.AccountID, length-u.Received); err != nil {
			return err
		}
		return tx.Exec("UPDATE uploads SET length = ? WHERE id = ?", length, id).Error
	})
	return c.fail(err, "length of upload %q", id)
}

// CompleteUpload ends an upload and queues its release: in one transaction the
// upload is complete, the release queued, and the job there for a worker, whom
// River wakes. A second call changes nothing. models.ErrInvalid while bytes are
// missing; models.ErrNotFound when the release was cancelled meanwhile.
func (c *Catalog) CompleteUpload(ctx context.Context, id string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		u, err := c.lockUpload(tx, id)
		if err != nil || u.Complete {
			return err
		}
		if u.Length >= 0 && u.Received != u.Length {
			return models.NewFault(models.ErrInvalid, "upload_incomplete", "The upload is not whole yet.")
		}
		if err := tx.Exec("UPDATE uploads SET complete = TRUE, length = received WHERE id = ?", id).Error; err != nil {
			return err
		}
		if u.ReleaseID == "" {
			return nil
		}
		return c.queueRelease(ctx, tx, u.ReleaseID)
	})
	return c.fail(err, "complete upload %q", id)
}

func (c *Catalog) queueRelease(ctx context.Context, tx *gorm.DB, release string) error {
	now := c.now()
	if err := must(tx, "UPDATE releases SET state = 'queued', updated_at = ? WHERE id = ? AND state = 'uploading'", now, release); err != nil {
		return err
	}
	err := tx.Exec("INSERT INTO jobs (release_id, state, created_at, updated_at) VALUES (?, 'queued', ?, ?)",
		release, now, now).Error
	if err != nil {
		return err
	}
	return c.dialect.enqueue(ctx, tx, ReleaseArgs{release}, time.Time{})
}

// DeleteUpload removes an upload, a final one with the parts that it has not
// used up; a part that belongs to one goes with it alone. A release that was still uploading goes with
// it; one that is queued or transcoding is cancelled; a final one stays. The
// caller removes the file.
func (c *Catalog) DeleteUpload(ctx context.Context, id string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		u, err := c.lockUpload(tx, id)
		if err != nil {
			return err
		}
		if taken, err := c.partTaken(tx, u); taken || err != nil {
			if err != nil {
				return err
			}
			return models.NewFault(models.ErrExists, "part_taken", "This part belongs to a file already; delete that one.")
		}
		if err := tx.Exec("DELETE FROM uploads WHERE id = ? OR part_of = ?", id, id).Error; err != nil || u.ReleaseID == "" {
			return err
		}
		r, err := c.lockRelease(tx, u.ReleaseID)
		switch {
		case err != nil:
			return err
		case r.State == string(models.StateUploading):
			return c.removeRelease(tx, r)
		case r.State == string(models.StateQueued), r.State == string(models.StateTranscoding):
			return c.cancel(tx, r.ID)
		}
		return nil
	})
	return c.fail(err, "delete upload %q", id)
}

func (c *Catalog) lockUpload(tx *gorm.DB, id string) (uploadRow, error) {
	return one[uploadRow](tx, "SELECT "+uploadColumns+" FROM uploads u WHERE u.id = ?"+c.dialect.forUpdate(), id)
}
