package catalog

import (
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// published has a release that has become final wait for its moderators, where
// others may see it, and decides what may go out.
func (c *Catalog) published(tx *gorm.DB, id string) error {
	r, err := one[releaseRow](tx, selectReleases+" WHERE r.id = ?", id)
	switch {
	case err != nil:
		return err
	case r.Visibility == string(models.Private):
		return refreshIf(tx, r.RootID)
	}
	return c.shown(tx, r)
}

// shown is called when others than its owner may see a final release for the
// first time, or again: it waits for its moderators, and where nobody approved it
// and its account's releases are to be approved, others do not see it before.
// One that is hidden with its account or channel waits until they are let in.
func (c *Catalog) shown(tx *gorm.DB, r releaseRow) error {
	if r.State != string(models.StateFinal) {
		return refreshIf(tx, r.RootID)
	}
	kind, err := c.kindOfCase(tx, r)
	if err != nil {
		return err
	}
	if kind != "" {
		if err := c.openCase(tx, r.ID, kind); err != nil {
			return err
		}
	}
	return refreshIf(tx, r.RootID)
}

// kindOfCase says why a release that is shown waits, empty where it does not, and
// puts it into review where that is to be.
func (c *Catalog) kindOfCase(tx *gorm.DB, r releaseRow) (models.CaseKind, error) {
	standing, column := models.Standing(r.Standing), "standing"
	if r.Barred != "" {
		standing, column = models.Standing(r.Barred), "barred"
	}
	if standing == models.StandingReview {
		return models.CaseReview, nil
	}
	seen, err := lastWhere(tx, "m.release_id = ? AND m.account_id <> ?", r.ID, r.AccountID)
	if err != nil || seen.ID != 0 || standing != models.StandingGood { // it was decided on
		return "", err
	}
	if trusted, err := ofModerator(tx, r.AccountID); err != nil || trusted {
		return "", err
	}
	review, err := c.needsReview(tx, r.AccountID, r.ID)
	if err != nil || !review {
		return models.CaseNew, err
	}
	return models.CaseReview, must(tx, "UPDATE releases SET "+column+" = 'review' WHERE id = ?", r.ID)
}

func refreshIf(tx *gorm.DB, root int64) error {
	if root == 0 {
		return nil
	}
	return refreshRoot(tx, root)
}

// needsReview reports whether an account's releases are seen by others only once
// approved. except is a release that does not count as published.
func (c *Catalog) needsReview(tx *gorm.DB, account int64, except string) (bool, error) {
	if account == 0 || c.cfg.Review == "" || c.cfg.Review == models.ReviewOff {
		return false, nil
	}
	if trusted, err := ofModerator(tx, account); err != nil || trusted {
		return false, err
	}
	if c.cfg.Review == models.ReviewAll {
		return true, nil
	}
	_, err := one[string](tx, `SELECT r.id FROM releases r WHERE r.account_id = ? AND r.id <> ?
		AND r.state = 'final' AND r.standing = 'good' AND r.visibility <> 'private' LIMIT 1`, account, except)
	if errors.Is(err, models.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// ofModerator reports whether an account is a moderator's, whose releases wait
// for nobody.
func ofModerator(tx *gorm.DB, account int64) (bool, error) {
	if account == 0 {
		return false, nil
	}
	role, err := one[string](tx, "SELECT role FROM accounts WHERE id = ?", account)
	return models.Role(role).AtLeast(models.RoleModerator), err
}
