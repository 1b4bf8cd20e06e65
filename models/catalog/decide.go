package catalog

import (
	"context"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// maxReason is the longest reason and the longest report, in characters.
const maxReason = 2000

// Decide carries out a moderator's word: in one transaction the trail grows by
// an entry, standing and what may go out change, and what waited is answered. It
// returns the entry, and the roots of which peers are to be told anew. A release
// of which the trail has grown since Seen, and what is as decided already, are
// Faults of models.ErrExists: "decided_meanwhile" and "already_so".
func (c *Catalog) Decide(ctx context.Context, d models.Decision) (entry models.TrailEntry, roots []cid.Cid, err error) {
	what := "decision on " + d.ReleaseID + d.ChannelID
	if d.Reason, err = cleanText("reason", d.Reason, maxReason); err != nil {
		return entry, nil, wrap(err, "%s", what)
	}
	var id int64
	err = c.inTx(ctx, func(tx *gorm.DB) (err error) {
		of, _ := d.Action.Blocks()
		switch {
		case of:
			id, roots, err = c.block(tx, d)
		case d.Action.OfRelease():
			id, roots, err = c.decide(tx, d)
		default:
			err = models.NewFault(models.ErrInvalid, "action", "This is no decision.")
		}
		return err
	})
	if err != nil {
		return entry, nil, c.fail(err, "%s", what)
	}
	row, err := one[trailRow](c.db(ctx), selectTrail+" WHERE m.id = ?", id)
	return row.model(), roots, c.fail(err, "%s", what)
}

func errMeanwhile() error {
	return models.NewFault(models.ErrExists, "decided_meanwhile", "Somebody else has decided on this meanwhile. Look at it again.")
}

func errAlready(text string) error { return models.NewFault(models.ErrExists, "already_so", text) }

// decide carries out a word on a release.
func (c *Catalog) decide(tx *gorm.DB, d models.Decision) (int64, []cid.Cid, error) {
	r, err := c.lockRelease(tx, d.ReleaseID)
	if err != nil {
		return 0, nil, err
	}
	last, err := lastEntry(tx, r.ID)
	if err != nil {
		return 0, nil, err
	}
	if last.ID != d.Seen {
		return 0, nil, errMeanwhile()
	}
	next, err := nextStanding(r, d)
	var id int64
	switch {
	case err != nil:
	case d.Action == models.ActionUndo:
		id, err = c.undo(tx, r, last, d)
	default:
		id, err = c.answer(tx, r, next, d)
	}
	if err != nil {
		return 0, nil, err
	}
	return id, rootsOf(r), nil
}

// nextStanding returns the standing that a decision gives a release; empty for
// one that leaves it as it is.
func nextStanding(r releaseRow, d models.Decision) (models.Standing, error) {
	now := models.Standing(r.Standing)
	switch d.Action {
	case models.ActionHide:
		if now == models.StandingHidden && r.Barred == "" {
			return "", errAlready("It is hidden already. Dismiss what waits to leave it so.")
		}
		return models.StandingHidden, nil
	case models.ActionTakeDown:
		if now == models.StandingTakenDown && r.StandingReason == d.Reason {
			return "", errAlready("It is taken down already. Dismiss what waits to leave it so.")
		}
		return models.StandingTakenDown, nil
	case models.ActionRestore:
		if r.Barred != "" {
			return "", models.NewFault(models.ErrExists, "blocked", "Its account or its channel is blocked: unblock that first.")
		}
		return models.StandingGood, nil
	case models.ActionDismiss:
		if now == models.StandingReview || r.Barred == string(models.StandingReview) {
			return "", models.NewFault(models.ErrInvalid, "in_review", "It waits for approval: approve it, hide it or take it down.")
		}
	}
	return "", nil
}

// answer does what a decision says, and with it answers what waited: the case is
// closed, and the reports refer to the entry.
func (c *Catalog) answer(tx *gorm.DB, r releaseRow, next models.Standing, d models.Decision) (int64, error) {
	waited, err := closeCase(tx, r.ID)
	if err != nil {
		return 0, err
	}
	id, err := c.stand(tx, r, next, d, waited)
	if err != nil {
		return 0, err
	}
	return id, tx.Exec("UPDATE reports SET decision = ? WHERE release_id = ? AND decision = 0", id, r.ID).Error
}

// stand writes an entry and gives the release its standing. The row is locked.
func (c *Catalog) stand(tx *gorm.DB, r releaseRow, next models.Standing, d models.Decision, waited caseRow) (int64, error) {
	entry := trailRow{By: d.By, Action: string(d.Action), ReleaseID: r.ID, Standing: string(next), Reason: d.Reason,
		WasStanding: r.Standing, WasReason: r.StandingReason, WasBarred: r.Barred, WasCase: waited.Kind, WasOpened: waited.OpenedAt}
	if d.Action == models.ActionRestore && (r.Standing == string(models.StandingGood) || r.Standing == string(models.StandingReview)) {
		entry.Action = string(models.ActionApprove)
	}
	id, err := c.addTrail(tx, entry)
	if err != nil || next == "" {
		return id, err
	}
	reason := d.Reason
	if next == models.StandingGood {
		reason = "" // why it was restored stands in the trail
	}
	return id, c.setStanding(tx, r, next, reason, "", d.By)
}

// setStanding moves a release with all that follows from it.
func (c *Catalog) setStanding(tx *gorm.DB, r releaseRow, next models.Standing, reason, barred string, by int64) error {
	if err := must(tx, "UPDATE releases SET standing = ?, standing_reason = ?, barred = ?, updated_at = ? WHERE id = ?",
		string(next), reason, barred, c.now(), r.ID); err != nil {
		return err
	}
	if err := bar(tx, "releases.id = ?", r.ID); err != nil {
		return err
	}
	down := next == models.StandingTakenDown && by != r.AccountID
	if err := tx.Exec("UPDATE likenesses SET taken_down = ?, title = ? WHERE release_id = ?", down, r.Title, r.ID).Error; err != nil || r.RootID == 0 {
		return err
	}
	return refreshRoot(tx, r.RootID)
}

// undo brings back what was before the newest entry of a release's trail: its
// standing, and what waited then.
func (c *Catalog) undo(tx *gorm.DB, r releaseRow, last trailRow, d models.Decision) (int64, error) {
	switch last.action() {
	case models.ActionHide, models.ActionTakeDown, models.ActionRestore, models.ActionApprove, models.ActionDismiss:
	default:
		return 0, models.NewFault(models.ErrInvalid, "not_undoable", "There is no decision that could be undone.")
	}
	if last.WasStanding == "" {
		return 0, models.NewFault(models.ErrInvalid, "not_undoable", "What was before this decision is not known; decide anew.")
	}
	entry := trailRow{By: d.By, Action: string(models.ActionUndo), ReleaseID: r.ID, Reason: last.WasReason, Refers: last.ID,
		WasStanding: r.Standing, WasReason: r.StandingReason, WasBarred: r.Barred}
	if last.Standing != "" {
		entry.Standing = last.WasStanding
	}
	id, err := c.addTrail(tx, entry)
	if err != nil {
		return 0, err
	}
	if err := reopen(tx, r.ID, last); err != nil || last.Standing == "" {
		return id, err
	}
	return id, c.setStanding(tx, r, models.Standing(last.WasStanding), last.WasReason, last.WasBarred, d.By)
}

// rootsOf returns the manifest of a release that has one.
func rootsOf(rows ...releaseRow) (roots []cid.Cid) {
	for _, r := range rows {
		if root, err := cid.Cast(r.Manifest); err == nil {
			roots = append(roots, root)
		}
	}
	return roots
}
