package catalog

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

type reportRow struct {
	ID        int64
	ReleaseID string
	AccountID int64
	Reporter  string
	Reason    string
	Text      string
	Decision  int64
	CreatedAt int64
}

const selectReports = `SELECT t.id, t.release_id, coalesce(t.account_id, 0) AS account_id, coalesce(a.name, '') AS reporter,
	t.reason, t.text, t.decision, t.created_at FROM reports t LEFT JOIN accounts a ON a.id = t.account_id`

func (r reportRow) model() models.Report {
	return models.Report{ID: r.ID, ReleaseID: r.ReleaseID, AccountID: r.AccountID, Reporter: r.Reporter,
		Reason: models.ReportReason(r.Reason), Text: r.Text, Decision: r.Decision, CreatedAt: instant(r.CreatedAt)}
}

// maxOpenReports bounds what moderators have to read about one release.
const maxOpenReports = 200

// Report keeps a report, and makes its release wait for a moderator. An account
// has one open report of a release; that, and a release with 200 open reports,
// are Faults of models.ErrExists: "reported_already" and "reported_enough".
func (c *Catalog) Report(ctx context.Context, r models.Report) (models.Report, error) {
	err := cleanReport(&r)
	if err != nil {
		return r, wrap(err, "report of release %q", r.ReleaseID)
	}
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		if _, err := c.lockRelease(tx, r.ReleaseID); err != nil {
			return err
		}
		n, err := openReports(tx, r.ReleaseID)
		if err != nil {
			return err
		}
		if n >= maxOpenReports {
			return models.NewFault(models.ErrExists, "reported_enough", "The moderators have many reports of this already, and will look at it.")
		}
		row, err := one[reportRow](tx, `INSERT INTO reports (release_id, account_id, reason, text, created_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING RETURNING id, created_at`, r.ReleaseID, orNull(r.AccountID), string(r.Reason), r.Text, c.now())
		if errors.Is(err, models.ErrNotFound) {
			return models.NewFault(models.ErrExists, "reported_already", "You have reported this already. The moderators will look at it.")
		}
		if err != nil {
			return err
		}
		r.ID, r.CreatedAt = row.ID, instant(row.CreatedAt)
		return c.openCase(tx, r.ReleaseID, models.CaseReport)
	})
	return r, c.fail(err, "report of release %q", r.ReleaseID)
}

func cleanReport(r *models.Report) (err error) {
	if !r.Reason.Valid() {
		return models.NewFault(models.ErrInvalid, "report_reason", "Choose one of the reasons.")
	}
	if r.Text, err = cleanText("report_text", r.Text, maxReason); err != nil {
		return err
	}
	if r.Text == "" && r.Reason == models.ReportOther {
		return models.NewFault(models.ErrInvalid, "report_text", "Say in a few words what is wrong.")
	}
	return nil
}

func openReports(db *gorm.DB, release string) (int, error) {
	return one[int](db, "SELECT count(*) FROM reports WHERE release_id = ? AND decision = 0", release)
}

// Appeal is a creator's one answer to a decision about their release: the entry
// that hid it or took it down, while that is its newest word. It goes into the
// trail, and the release waits for a moderator again. A decision that was
// answered is a Fault of models.ErrExists, "answered"; one that cannot be, of
// models.ErrInvalid, "not_answerable".
func (c *Catalog) Appeal(ctx context.Context, release string, decision int64, text string, by int64) (models.TrailEntry, error) {
	text, err := cleanText("appeal", text, maxReason)
	if err == nil && text == "" {
		err = models.NewFault(models.ErrInvalid, "appeal_text", "Write what the moderators should know.")
	}
	if err != nil {
		return models.TrailEntry{}, wrap(err, "appeal of release %q", release)
	}
	var id int64
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		r, err := c.lockRelease(tx, release)
		if err != nil {
			return err
		}
		word, err := lastStand(tx, release)
		if err != nil {
			return err
		}
		if word.ID != decision || !answerable(word, r.AccountID) || by != r.AccountID {
			return models.NewFault(models.ErrInvalid, "not_answerable", "This decision cannot be answered, or is not the one that holds.")
		}
		answers, err := one[int](tx, "SELECT count(*) FROM moderation WHERE refers = ? AND action = 'appeal'", decision)
		if err != nil {
			return err
		}
		if answers > 0 {
			return models.NewFault(models.ErrExists, "answered", "You have answered this decision already. The moderators' next word on it is the last.")
		}
		if id, err = c.addTrail(tx, trailRow{By: by, Action: string(models.ActionAppeal), ReleaseID: release, Reason: text, Refers: decision}); err != nil {
			return err
		}
		return c.openCase(tx, release, models.CaseAppeal)
	})
	if err != nil {
		return models.TrailEntry{}, c.fail(err, "appeal of release %q", release)
	}
	row, err := one[trailRow](c.db(ctx), selectTrail+" WHERE m.id = ?", id)
	return row.model(), c.fail(err, "appeal of release %q", release)
}

// answerable reports whether an entry is a word that a creator may answer.
func answerable(word trailRow, owner int64) bool {
	return owner != 0 && word.By != owner && (word.action() == models.ActionHide || word.action() == models.ActionTakeDown)
}
