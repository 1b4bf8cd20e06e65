package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// RenewJob extends the lease; models.ErrNotFound when the job was cancelled,
// deleted, or taken by another worker after the lease had run out: stop then.
func (c *Catalog) RenewJob(ctx context.Context, job models.Job, until time.Time) error {
	err := c.writeOne(ctx, "UPDATE jobs SET lease_until = ?, updated_at = ? WHERE "+held,
		micros(until), c.now(), job.ReleaseID, job.Node, job.Attempt)
	return c.fail(err, "renew job %q", job.ReleaseID)
}

// FailJob ends an attempt: with retryAt the job waits until then, with nil it
// and its release have failed. models.ErrNotFound when the job was lost.
func (c *Catalog) FailJob(ctx context.Context, job models.Job, failure models.Failure, retryAt *time.Time) error {
	reason := failure.Code + ": " + failure.Text
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if retryAt != nil {
			return c.requeue(ctx, tx, job, reason, job.Attempt, *retryAt)
		}
		now := c.now()
		if err := must(tx, "UPDATE jobs SET state = 'failed', reason = ?, lease_until = 0, updated_at = ? WHERE "+held,
			reason, now, job.ReleaseID, job.Node, job.Attempt); err != nil {
			return err
		}
		return must(tx, `UPDATE releases SET state = 'failed', failure_code = ?, failure_text = ?, updated_at = ?
			WHERE id = ? AND state = 'transcoding'`, failure.Code, failure.Text, now, job.ReleaseID)
	})
	return c.fail(err, "fail job %q", job.ReleaseID)
}

// ReleaseJob gives a job back when its worker stops; the attempt does not count.
func (c *Catalog) ReleaseJob(ctx context.Context, job models.Job) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		return c.requeue(ctx, tx, job, job.Reason, job.Attempt-1, time.Time{})
	})
	return c.fail(err, "release job %q", job.ReleaseID)
}

// requeue gives a job back, to be taken not before a time, zero for at once. It
// leaves the release as it is: what can be watched already stays so.
func (c *Catalog) requeue(ctx context.Context, tx *gorm.DB, job models.Job, reason string, attempt int, at time.Time) error {
	err := must(tx, `UPDATE jobs SET state = 'queued', node = '', lease_until = 0, reason = ?, attempt = ?, not_before = ?, updated_at = ?
		WHERE `+held, reason, attempt, micros(at), c.now(), job.ReleaseID, job.Node, job.Attempt)
	if err != nil {
		return err
	}
	return c.dialect.enqueue(ctx, tx, ReleaseArgs{job.ReleaseID}, at)
}

// ReclaimNode queues again, at once, the jobs that a node held when it died. It
// is called when that node starts, before its workers.
func (c *Catalog) ReclaimNode(ctx context.Context, node string) ([]models.Job, error) {
	var orphans []models.Job
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		rows, err := many[jobRow](tx, "SELECT "+jobColumns+" FROM jobs j WHERE j.state = 'transcoding' AND j.node = ? ORDER BY j.created_at, j.release_id", node)
		if err != nil {
			return err
		}
		orphans = mapped(rows, jobRow.model)
		for _, job := range orphans {
			if err := c.requeue(ctx, tx, job, "the node restarted", job.Attempt, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	return orphans, c.fail(err, "reclaim jobs of node %q", node)
}
