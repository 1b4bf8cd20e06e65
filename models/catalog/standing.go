package catalog

import (
	"context"

	"gorm.io/gorm"

	"runnel/models"
)

// SetStanding gives a release a standing; by is the account that says so, and
// reason is kept with it and shown where the release was. seen is the newest
// entry of its trail that by knew of, as in Decision; negative is whatever it
// is. What may go out changes in the same transaction.
func (c *Catalog) SetStanding(ctx context.Context, id string, standing models.Standing, reason string, by, seen int64) error {
	switch standing {
	case models.StandingGood, models.StandingReview, models.StandingHidden, models.StandingTakenDown:
	default:
		return wrap(models.NewFault(models.ErrInvalid, "release_standing", "Standing is good, review, hidden or taken_down."), "standing of release %q", id)
	}
	reason, err := cleanText("standing_reason", reason, maxReason)
	if err != nil {
		return wrap(err, "standing of release %q", id)
	}
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		r, err := c.lockRelease(tx, id)
		if err != nil {
			return err
		}
		last, err := lastEntry(tx, id)
		if err != nil {
			return err
		}
		if seen >= 0 && last.ID != seen {
			return errMeanwhile()
		}
		d := models.Decision{Action: actionOf(standing), Reason: reason, By: by}
		if by != r.AccountID {
			_, err = c.answer(tx, r, standing, d)
			return err
		}
		if d.Action == models.ActionTakeDown {
			d.Action = models.ActionWithdraw
		}
		_, err = c.stand(tx, r, standing, d, caseRow{}) // what waits for a moderator goes on waiting
		return err
	})
	return c.fail(err, "standing of release %q", id)
}
