package catalog

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// trailRow is an entry of the trail with the names that it is shown with.
type trailRow struct {
	ID          int64
	By          int64
	ByName      string
	Action      string
	ReleaseID   string
	Title       string
	ChannelID   string
	ChannelName string
	PersonID    int64
	PersonName  string
	Standing    string
	Reason      string
	Refers      int64
	WasStanding string
	WasReason   string
	WasBarred   string
	WasCase     string
	WasOpened   int64
	CreatedAt   int64
}

const selectTrail = `SELECT m.id, m.account_id AS by, coalesce(b.name, '') AS by_name, m.action, m.release_id, coalesce(r.title, '') AS title,
	m.channel_id, coalesce(c.name, '') AS channel_name, m.person_id, coalesce(p.name, '') AS person_name, m.standing, m.reason, m.refers,
	m.was_standing, m.was_reason, m.was_barred, m.was_case, m.was_opened, m.created_at
	FROM moderation m LEFT JOIN accounts b ON b.id = m.account_id LEFT JOIN accounts p ON p.id = m.person_id
	LEFT JOIN releases r ON r.id = m.release_id LEFT JOIN channels c ON c.id = m.channel_id`

func (r trailRow) model() models.TrailEntry {
	return models.TrailEntry{ID: r.ID, By: r.By, ByName: r.ByName, Action: r.action(), ReleaseID: r.ReleaseID, Title: r.Title,
		ChannelID: r.ChannelID, Channel: r.ChannelName, AccountID: r.PersonID, Account: r.PersonName,
		Standing: models.Standing(r.Standing), Was: models.Standing(r.WasStanding), Reason: r.Reason, Refers: r.Refers,
		Answers: models.CaseKind(r.WasCase), CreatedAt: instant(r.CreatedAt)}
}

// action reads an entry that was written before entries had one by its standing.
func (r trailRow) action() models.Action {
	if r.Action != "" {
		return models.Action(r.Action)
	}
	return actionOf(models.Standing(r.Standing))
}

func actionOf(s models.Standing) models.Action {
	switch s {
	case models.StandingHidden:
		return models.ActionHide
	case models.StandingTakenDown:
		return models.ActionTakeDown
	case models.StandingReview:
		return models.ActionReview
	}
	return models.ActionRestore
}

// addTrail writes an entry and returns its id.
func (c *Catalog) addTrail(tx *gorm.DB, r trailRow) (int64, error) {
	return one[int64](tx, `INSERT INTO moderation (account_id, action, release_id, channel_id, person_id, standing, reason, refers,
		was_standing, was_reason, was_barred, was_case, was_opened, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		r.By, r.Action, r.ReleaseID, r.ChannelID, r.PersonID, r.Standing, r.Reason, r.Refers,
		r.WasStanding, r.WasReason, r.WasBarred, r.WasCase, r.WasOpened, c.now())
}

// lastEntry returns the newest entry of a release's trail; the zero row for none.
func lastEntry(tx *gorm.DB, release string) (trailRow, error) {
	return lastWhere(tx, "m.release_id = ?", release)
}

// lastStand returns the newest entry that gave a release a standing.
func lastStand(tx *gorm.DB, release string) (trailRow, error) {
	return lastWhere(tx, "m.release_id = ? AND m.standing <> ''", release)
}

func lastWhere(tx *gorm.DB, condition string, args ...any) (trailRow, error) {
	row, err := one[trailRow](tx, selectTrail+" WHERE "+condition+" ORDER BY m.id DESC LIMIT 1", args...)
	if errors.Is(err, models.ErrNotFound) {
		return trailRow{}, nil
	}
	return row, err
}

// TrailFilter says which entries of the trail are shown; zero fields do not
// restrict it.
type TrailFilter struct {
	ReleaseID string
	ChannelID string
	AccountID int64  // whom entries are about
	Cursor    string // where the last page ended
	Limit     int    // 0: 50; at most 500
}

// Trail returns a page of the moderation trail, newest first, and the cursor of
// the next page, empty on the last.
func (c *Catalog) Trail(ctx context.Context, f TrailFilter) (entries []models.TrailEntry, next string, err error) {
	var where []string
	var args []any
	add := func(condition string, value any) { where, args = append(where, condition), append(args, value) }
	if f.Cursor != "" {
		before, err := strconv.ParseInt(f.Cursor, 10, 64)
		if err != nil {
			return nil, "", wrap(badCursor(), "trail")
		}
		add("m.id < ?", before)
	}
	if f.ReleaseID != "" {
		add("m.release_id = ?", f.ReleaseID)
	}
	if f.ChannelID != "" {
		add("m.channel_id = ?", f.ChannelID)
	}
	if f.AccountID != 0 {
		add("m.person_id = ?", f.AccountID)
	}
	query := selectTrail
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	limit := clampLimit(f.Limit)
	rows, err := many[trailRow](c.db(ctx), query+" ORDER BY m.id DESC LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", c.fail(err, "trail")
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = strconv.FormatInt(rows[limit-1].ID, 10)
	}
	return mapped(rows, trailRow.model), next, nil
}

func badCursor() error {
	return models.NewFault(models.ErrInvalid, "cursor", "The cursor is not one of this list.")
}

// TrailOf returns what was said of a release and of its channel, newest first,
// at most 200 entries.
func (c *Catalog) TrailOf(ctx context.Context, release, channel string) ([]models.TrailEntry, error) {
	rows, err := many[trailRow](c.db(ctx), selectTrail+" WHERE m.release_id = ? OR m.channel_id = ? ORDER BY m.id DESC LIMIT 200", release, channel)
	return mapped(rows, trailRow.model), c.fail(err, "trail of release %q", release)
}

// LastEntry returns the id of the newest entry of a release's trail; 0 for none.
func (c *Catalog) LastEntry(ctx context.Context, release string) (int64, error) {
	row, err := lastEntry(c.db(ctx), release)
	return row.ID, c.fail(err, "trail of release %q", release)
}
