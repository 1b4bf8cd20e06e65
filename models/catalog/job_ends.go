package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// CancelRelease stops a release that is not final: its worker loses the job at
// the next renewal. Cancelling twice changes nothing; one that is final or
// failed is a Fault of code "release_ended".
func (c *Catalog) CancelRelease(ctx context.Context, id string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		r, err := c.lockRelease(tx, id)
		switch {
		case err != nil:
			return err
		case r.State == string(models.StateCancelled):
			return nil
		case models.State(r.State).Ended():
			return models.NewFault(models.ErrInvalid, "release_ended", "This release has ended and cannot be cancelled.")
		}
		return c.cancel(tx, id)
	})
	return c.fail(err, "cancel release %q", id)
}

func (c *Catalog) cancel(tx *gorm.DB, id string) error {
	now := c.now()
	err := tx.Exec("UPDATE jobs SET state = 'cancelled', lease_until = 0, reason = 'cancelled', updated_at = ? WHERE release_id = ?", now, id).Error
	if err != nil {
		return err
	}
	return must(tx, "UPDATE releases SET state = 'cancelled', updated_at = ? WHERE id = ? AND state IN ('uploading', 'queued', 'transcoding')", now, id)
}

// RetryRelease queues a failed or cancelled release again with fresh attempts;
// parts that were done are kept while their segments are. One whose upload
// never became whole, or that has not ended, is a Fault of code
// "release_not_failed".
func (c *Catalog) RetryRelease(ctx context.Context, id string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if _, err := c.lockRelease(tx, id); err != nil {
			return err
		}
		now := c.now()
		n, err := change(tx, `UPDATE jobs SET state = 'queued', node = '', lease_until = 0, attempt = 0, reason = '', not_before = 0, updated_at = ?
			WHERE release_id = ? AND state IN ('failed', 'cancelled')`, now, id)
		if err == nil && n == 0 {
			err = models.NewFault(models.ErrInvalid, "release_not_failed", "Only a release that failed or was cancelled can be tried again.")
		}
		if err != nil {
			return err
		}
		if err := must(tx, `UPDATE releases SET state = 'queued', failure_code = '', failure_text = '', updated_at = ?
			WHERE id = ? AND state IN ('failed', 'cancelled')`, now, id); err != nil {
			return err
		}
		return c.dialect.enqueue(ctx, tx, ReleaseArgs{id}, time.Time{})
	})
	return c.fail(err, "retry release %q", id)
}
