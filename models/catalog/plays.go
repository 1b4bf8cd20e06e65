package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// AddPlays counts plays, seconds and bytes of a release to the day of a moment.
// Whether it was a play is the caller's to decide; models.ErrNotFound where there
// is no such release.
func (c *Catalog) AddPlays(ctx context.Context, release string, at time.Time, p models.DayPlays) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		return must(tx, `INSERT INTO plays (release_id, day, plays, seconds, bytes)
			SELECT r.id, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM releases r WHERE r.id = ?
			ON CONFLICT (release_id, day) DO UPDATE SET
			plays = plays.plays + excluded.plays, seconds = plays.seconds + excluded.seconds, bytes = plays.bytes + excluded.bytes`,
			dayOf(at), p.Plays, p.Seconds, p.Bytes, release)
	})
	return c.fail(err, "plays of release %q", release)
}

// Plays returns how a release was played on each day from one moment's to
// another's, both included, oldest first. Days without a play are left out; a
// zero time does not restrict.
func (c *Catalog) Plays(ctx context.Context, release string, from, to time.Time) ([]models.DayPlays, error) {
	last := dayOf(to)
	if to.IsZero() {
		last = 1 << 40
	}
	type row struct{ Day, Plays, Seconds, Bytes int64 }
	rows, err := many[row](c.db(ctx), "SELECT day, plays, seconds, bytes FROM plays WHERE release_id = ? AND day >= ? AND day <= ? ORDER BY day",
		release, dayOf(from), last)
	return mapped(rows, func(r row) models.DayPlays {
		return models.DayPlays{Day: time.Unix(r.Day*daySeconds, 0).UTC(), Plays: r.Plays, Seconds: r.Seconds, Bytes: r.Bytes}
	}), c.fail(err, "plays of release %q", release)
}

// PlayCount returns how often a release was played in all.
func (c *Catalog) PlayCount(ctx context.Context, release string) (int64, error) {
	n, err := one[int64](c.db(ctx), "SELECT CAST(coalesce(sum(plays), 0) AS BIGINT) FROM plays WHERE release_id = ?", release)
	return n, c.fail(err, "plays of release %q", release)
}

const daySeconds = 24 * 60 * 60

// dayOf is the day of a moment in UTC, counted from 1970; 0 for a zero time.
func dayOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix() / daySeconds
}
