package catalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// caseRow is a case alone.
type caseRow struct {
	Kind     string
	OpenedAt int64
}

// openCase makes a release wait for a moderator. One that waits already keeps
// its place; an appeal, and a report of what is only new, say why instead.
func (c *Catalog) openCase(tx *gorm.DB, release string, kind models.CaseKind) error {
	return placeCase(tx, release, kind, c.now())
}

func placeCase(tx *gorm.DB, release string, kind models.CaseKind, at int64) error {
	return tx.Exec(`INSERT INTO cases (release_id, kind, urgency, opened_at) VALUES (?, ?, ?, ?) ON CONFLICT (release_id) DO UPDATE SET
		urgency = CASE WHEN cases.kind = 'new' OR excluded.kind = 'appeal' THEN excluded.urgency ELSE cases.urgency END,
		kind = CASE WHEN cases.kind = 'new' OR excluded.kind = 'appeal' THEN excluded.kind ELSE cases.kind END`,
		release, string(kind), kind.Urgency(), at).Error
}

// closeCase ends a case and returns what it was; the zero row where none was.
func closeCase(tx *gorm.DB, release string) (caseRow, error) {
	row, err := one[caseRow](tx, "SELECT kind, opened_at FROM cases WHERE release_id = ?", release)
	if errors.Is(err, models.ErrNotFound) {
		return caseRow{}, nil
	}
	if err != nil {
		return caseRow{}, err
	}
	return row, tx.Exec("DELETE FROM cases WHERE release_id = ?", release).Error
}

// reopen brings back what an entry had answered: the case in its old place, and
// those reports that were not made again meanwhile.
func reopen(tx *gorm.DB, release string, answered trailRow) error {
	if answered.WasCase != "" {
		if err := placeCase(tx, release, models.CaseKind(answered.WasCase), answered.WasOpened); err != nil {
			return err
		}
	}
	return tx.Exec(`UPDATE reports SET decision = 0 WHERE release_id = ? AND decision = ? AND NOT EXISTS (SELECT 1 FROM reports o
		WHERE o.release_id = reports.release_id AND o.account_id = reports.account_id AND o.decision = 0)`, release, answered.ID).Error
}

// CaseFilter says which cases a page of the queue holds.
type CaseFilter struct {
	Kind   models.CaseKind // empty: of every kind
	Cursor string          // where the last page ended
	Limit  int             // 0: 50; at most 500
}

type queueRow struct {
	CaseKind       string
	OpenedAt       int64
	Urgency        int
	ChannelBlocked bool
	Release        releaseRow `gorm:"embedded"`
}

// Cases returns a page of what waits for a moderator, what somebody asked for
// first and then in the order in which it came, and the cursor of the next page.
// What is hidden with its account or channel does not wait.
func (c *Catalog) Cases(ctx context.Context, f CaseFilter) (cases []models.Case, next string, err error) {
	where, args := "r.barred = ''", []any{}
	if f.Kind != "" {
		where, args = where+" AND k.kind = ?", append(args, string(f.Kind))
	}
	if f.Cursor != "" {
		at, err := parseCaseCursor(f.Cursor)
		if err != nil {
			return nil, "", wrap(err, "cases")
		}
		where, args = where+" AND (k.urgency, k.opened_at, k.release_id) > (?, ?, ?)", append(args, at...)
	}
	limit := clampLimit(f.Limit)
	rows, err := many[queueRow](c.db(ctx), "SELECT k.kind AS case_kind, k.opened_at, k.urgency, c.blocked AS channel_blocked, "+releaseColumns+
		" FROM cases k JOIN releases r ON r.id = k.release_id"+releaseJoins+" WHERE "+where+
		" ORDER BY k.urgency, k.opened_at, k.release_id LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", c.fail(err, "cases")
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = fmt.Sprintf("%d/%d/%s", last.Urgency, last.OpenedAt, last.Release.ID)
	}
	for _, row := range rows {
		one, err := c.fillCase(ctx, row)
		if err != nil {
			return nil, "", c.fail(err, "cases")
		}
		cases = append(cases, one)
	}
	return cases, next, nil
}

func parseCaseCursor(cursor string) ([]any, error) {
	parts := strings.Split(cursor, "/")
	if len(parts) != 3 || !models.ValidTID(parts[2]) {
		return nil, badCursor()
	}
	urgency, err := strconv.Atoi(parts[0])
	opened, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || err2 != nil {
		return nil, badCursor()
	}
	return []any{urgency, opened, parts[2]}, nil
}

// maxCaseReports is how many reports are told with a case.
const maxCaseReports = 20

// fillCase adds what was said of the release.
func (c *Catalog) fillCase(ctx context.Context, row queueRow) (models.Case, error) {
	r, err := row.Release.model()
	if err != nil {
		return models.Case{}, err
	}
	out := models.Case{Release: r, Kind: models.CaseKind(row.CaseKind), OpenedAt: instant(row.OpenedAt), Blocked: row.ChannelBlocked}
	db := c.db(ctx)
	reports, err := many[reportRow](db, selectReports+" WHERE t.release_id = ? AND t.decision = 0 ORDER BY t.id LIMIT ?", r.ID, maxCaseReports)
	if err != nil {
		return out, err
	}
	out.Reports, out.Count = mapped(reports, reportRow.model), len(reports)
	if len(reports) == maxCaseReports {
		if out.Count, err = openReports(db, r.ID); err != nil {
			return out, err
		}
	}
	if out.Last, err = entryOrNone(lastEntry(db, r.ID)); err != nil {
		return out, err
	}
	out.Decision, err = entryOrNone(lastStand(db, r.ID))
	return out, err
}

func entryOrNone(row trailRow, err error) (*models.TrailEntry, error) {
	if err != nil || row.ID == 0 {
		return nil, err
	}
	entry := row.model()
	return &entry, nil
}

// CountCases returns how many releases wait, by kind.
func (c *Catalog) CountCases(ctx context.Context) (map[models.CaseKind]int, error) {
	rows, err := many[struct {
		Kind string
		N    int
	}](c.db(ctx), "SELECT k.kind, count(*) AS n FROM cases k JOIN releases r ON r.id = k.release_id WHERE r.barred = '' GROUP BY k.kind")
	out := make(map[models.CaseKind]int, len(rows))
	for _, row := range rows {
		out[models.CaseKind(row.Kind)] = row.N
	}
	return out, c.fail(err, "count cases")
}
