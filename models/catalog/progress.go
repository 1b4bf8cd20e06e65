package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// BeginTranscode records what the probe found and which renditions will be
// made. Called again by a later attempt it replaces them. models.ErrNotFound
// when the job was lost, a Fault of code CodeStorageLimit when the node is full,
// one of CodeQuota when the account has no more room.
func (c *Catalog) BeginTranscode(ctx context.Context, job models.Job, kind models.Kind, duration time.Duration, width, height int, renditions []models.Rendition) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := holdJob(tx, job, c.dialect.forUpdate()); err != nil {
			return err
		}
		account, err := one[int64](tx, "SELECT coalesce(r.account_id, 0) FROM releases r WHERE r.id = ?", job.ReleaseID)
		if err == nil {
			err = c.room(tx, account, 1)
		}
		if err != nil {
			return err
		}
		err = must(tx, `UPDATE releases SET kind = ?, duration = ?, width = ?, height = ?, updated_at = ?
			WHERE id = ? AND state = 'transcoding'`, string(kind), int64(duration), width, height, c.now(), job.ReleaseID)
		if err != nil {
			return err
		}
		return replaceRenditions(tx, job.ReleaseID, renditions)
	})
	return c.fail(err, "begin transcode of release %q", job.ReleaseID)
}

// MarkPart records that every segment of a part of a rendition is held.
func (c *Catalog) MarkPart(ctx context.Context, release, rendition string, part int) error {
	err := c.write(ctx, "INSERT INTO parts (release_id, rendition, part) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		release, rendition, part)
	return c.fail(err, "part %d of %q of release %q", part, rendition, release)
}

// StartOver forgets which parts of a job are done, and with segments also what was
// made of them, which then cannot be watched until it is made again.
// models.ErrNotFound when the job was lost.
func (c *Catalog) StartOver(ctx context.Context, job models.Job, segments bool) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := holdJob(tx, job, c.dialect.forUpdate()); err != nil {
			return err
		}
		tables := []string{"parts"}
		if segments {
			tables = append(tables, "segments", "segment_blocks")
		}
		for _, table := range tables {
			if err := tx.Exec("DELETE FROM "+table+" WHERE release_id = ?", job.ReleaseID).Error; err != nil {
				return err
			}
		}
		if !segments {
			return nil
		}
		return must(tx, "UPDATE releases SET fraction = 0, playable = 0, updated_at = ? WHERE id = ?", c.now(), job.ReleaseID)
	})
	return c.fail(err, "start release %q over", job.ReleaseID)
}

// PartKey names a part of a rendition.
type PartKey struct {
	Rendition string
	Part      int
}

// PartsDone returns the parts that MarkPart recorded.
func (c *Catalog) PartsDone(ctx context.Context, release string) (map[PartKey]bool, error) {
	rows, err := many[PartKey](c.db(ctx), "SELECT rendition, part FROM parts WHERE release_id = ? ORDER BY rendition, part", release)
	done := make(map[PartKey]bool, len(rows))
	for _, r := range rows {
		done[r] = true
	}
	return done, c.fail(err, "parts of release %q", release)
}

// SetProgress records the fraction done (0…1) and how much can be played
// without a gap, which never shrinks. models.ErrNotFound when the release is no
// longer being transcoded.
func (c *Catalog) SetProgress(ctx context.Context, release string, fraction float64, playable time.Duration) error {
	err := c.writeOne(ctx, `UPDATE releases SET fraction = ?, playable = CASE WHEN playable < ? THEN ? ELSE playable END, updated_at = ?
		WHERE id = ? AND state = 'transcoding'`, min(max(fraction, 0), 1), int64(playable), int64(playable), c.now(), release)
	return c.fail(err, "progress of release %q", release)
}

func holdJob(tx *gorm.DB, job models.Job, forUpdate string) error {
	_, err := one[string](tx, "SELECT release_id FROM jobs WHERE "+held+forUpdate, job.ReleaseID, job.Node, job.Attempt)
	return err
}
