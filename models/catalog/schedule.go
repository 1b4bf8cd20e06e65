package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// Schedule says when a release becomes visible, and to whom.
type Schedule struct {
	At time.Time // zero: never; what was planned before is not
	As models.Visibility
}

// schedule keeps a release private until its time; a word on its visibility without
// one ends what was planned.
func (p Patch) schedule(r *models.Release) error {
	switch {
	case p.Schedule == nil:
		if p.Visibility != nil {
			r.PublishAt, r.PublishAs = time.Time{}, ""
		}
	case p.Schedule.At.IsZero():
		r.PublishAt, r.PublishAs = time.Time{}, ""
	case !p.Schedule.As.Valid() || p.Schedule.As == models.Private:
		return models.NewFault(models.ErrInvalid, "release_schedule", "A release that is published at a time becomes public or unlisted.")
	default:
		r.Visibility, r.PublishAt, r.PublishAs = models.Private, p.Schedule.At, p.Schedule.As
	}
	return nil
}

// PublishDue gives the releases whose time has come the visibility that was
// planned, and returns them. Of several servers one does it.
func (c *Catalog) PublishDue(ctx context.Context, now time.Time) ([]models.Release, error) {
	ids, err := many[string](c.db(ctx), "SELECT r.id FROM releases r WHERE r.publish_at > 0 AND r.publish_at <= ? ORDER BY r.publish_at, r.id LIMIT 100", micros(now))
	if err != nil {
		return nil, c.fail(err, "releases that are due")
	}
	var out []models.Release
	for _, id := range ids {
		done, err := c.publishDue(ctx, id, now)
		if err != nil {
			return out, c.fail(err, "publish release %q at its time", id)
		}
		if !done {
			continue
		}
		r, err := c.Release(ctx, id)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (c *Catalog) publishDue(ctx context.Context, id string, now time.Time) (done bool, err error) {
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		n, err := change(tx, `UPDATE releases SET visibility = publish_as, publish_at = 0, publish_as = '', updated_at = ?
			WHERE id = ? AND publish_at > 0 AND publish_at <= ?`, c.now(), id, micros(now))
		done = n > 0
		if err != nil || !done {
			return err
		}
		r, err := c.lockRelease(tx, id)
		if err != nil {
			return err
		}
		return refreshRelease(tx, r)
	})
	return done, err
}
