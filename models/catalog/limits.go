package catalog

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"runnel/models"
)

// CodeQuota is the code of the Fault for what would pass an account's
// Limits.Bytes.
const CodeQuota = "quota"

// OwnLimits are the limits that an account has of its own; nil is the node's.
type OwnLimits struct {
	Bytes    *int64
	Releases *int64
	Uploads  *int64
	Jobs     *int64
}

// over puts what is set in place of the defaults.
func (o OwnLimits) over(l models.Limits) models.Limits {
	set(&l.Bytes, o.Bytes)
	for to, from := range map[*int]*int64{&l.Releases: o.Releases, &l.Uploads: o.Uploads, &l.Jobs: o.Jobs} {
		if from != nil {
			*to = int(*from)
		}
	}
	return l
}

// SetLimits gives an account limits of its own in place of those it had.
// models.ErrInvalid below zero.
func (c *Catalog) SetLimits(ctx context.Context, account int64, l OwnLimits) error {
	args := []any{account}
	for _, v := range []*int64{l.Bytes, l.Releases, l.Uploads, l.Jobs} {
		if v == nil {
			args = append(args, nil)
			continue
		}
		if *v < 0 || *v > 1<<53 {
			return wrap(models.NewFault(models.ErrInvalid, "account_limit", "A limit is a whole number, 0 for no limit."), "limits of account %d", account)
		}
		args = append(args, *v)
	}
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if _, err := one[int64](tx, "SELECT id FROM accounts WHERE id = ?"+c.dialect.forUpdate(), account); err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO account_limits (account_id, bytes, releases, uploads, jobs) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (account_id) DO UPDATE SET bytes = excluded.bytes, releases = excluded.releases,
			uploads = excluded.uploads, jobs = excluded.jobs`, args...).Error
	})
	return c.fail(err, "limits of account %d", account)
}

// Limits returns what an account may have, and what of it is its own.
func (c *Catalog) Limits(ctx context.Context, account int64) (models.Limits, OwnLimits, error) {
	own, err := ownLimits(c.db(ctx), account)
	return own.over(c.cfg.Limits), own, c.fail(err, "limits of account %d", account)
}

func ownLimits(db *gorm.DB, account int64) (OwnLimits, error) {
	rows, err := many[OwnLimits](db, "SELECT bytes, releases, uploads, jobs FROM account_limits WHERE account_id = ?", account)
	if err != nil || len(rows) == 0 {
		return OwnLimits{}, err
	}
	return rows[0], nil
}

// lockLimits reads the limits of an account that is not blocked, and lets one
// transaction at a time pass until it ends.
func (c *Catalog) lockLimits(tx *gorm.DB, account int64) (models.Limits, error) {
	if _, err := one[int64](tx, "SELECT a.id FROM accounts a WHERE a.id = ? AND NOT a.blocked"+c.dialect.forUpdate(), account); err != nil {
		return models.Limits{}, err
	}
	own, err := ownLimits(tx, account)
	return own.over(c.cfg.Limits), err
}

// AccountUsage is what an account has, in bytes and in numbers. It is counted as
// Usage is, but by release: what two of its releases share counts for both.
type AccountUsage struct {
	Published int64 // files of final releases
	Earlier   int64 // of their earlier revisions, what no later one holds
	Originals int64 // whole uploads, kept as sources
	Uploads   int64 // unfinished ones, as long as they said they will be
	Working   int64 // segments of releases that are not final
	Releases  int
	Open      int // uploads that are not finished, parts included
	Jobs      int // that run
}

// Bytes is all of it together.
func (u AccountUsage) Bytes() int64 {
	return u.Published + u.Earlier + u.Originals + u.Uploads + u.Working
}

// AccountUsage counts what an account has.
func (c *Catalog) AccountUsage(ctx context.Context, account int64) (AccountUsage, error) {
	u, err := bytesOf(c.db(ctx), account)
	if err == nil {
		u.Releases, err = countReleases(c.db(ctx), account)
	}
	if err == nil {
		u.Open, err = countOpen(c.db(ctx), account)
	}
	if err == nil {
		u.Jobs, err = one[int](c.db(ctx), `SELECT count(*) FROM jobs j JOIN releases r ON r.id = j.release_id
			WHERE j.state = 'transcoding' AND r.account_id = ?`, account)
	}
	return u, c.fail(err, "usage of account %d", account)
}

func countReleases(db *gorm.DB, account int64) (int, error) {
	return one[int](db, "SELECT count(*) FROM releases r WHERE r.account_id = ? AND r.replaces = ''", account)
}

func bytesOf(db *gorm.DB, account int64) (AccountUsage, error) {
	return one[AccountUsage](db, `SELECT
		(SELECT CAST(coalesce(sum(r.bytes), 0) AS BIGINT) FROM releases r WHERE r.account_id = ? AND r.state = 'final') AS published,
		(SELECT CAST(coalesce(sum(v.bytes), 0) AS BIGINT) FROM revisions v JOIN releases r ON r.id = v.release_id WHERE r.account_id = ?) AS earlier,
		(SELECT CAST(coalesce(sum(r.source_size), 0) AS BIGINT) FROM releases r WHERE r.account_id = ? AND r.source_path <> '') AS originals,
		(SELECT CAST(coalesce(sum(`+promised+`), 0) AS BIGINT)
			FROM uploads u LEFT JOIN releases r ON r.id = u.release_id
			WHERE u.account_id = ? AND (NOT u.complete OR u.release_id IS NULL) AND coalesce(r.source_path, '') = '') AS uploads,
		(SELECT CAST(coalesce(sum(s.size), 0) AS BIGINT) FROM segments s JOIN releases r ON r.id = s.release_id
			WHERE r.account_id = ? AND r.state <> 'final') AS working`, account, account, account, account, account)
}

// roomOf is room in an account's own limit.
func (c *Catalog) roomOf(tx *gorm.DB, account, bytes int64) error {
	if account == 0 {
		return nil
	}
	own, err := ownLimits(tx, account)
	limit := own.over(c.cfg.Limits).Bytes
	if err != nil || limit <= 0 {
		return err
	}
	if _, err := one[int64](tx, "SELECT a.id FROM accounts a WHERE a.id = ?"+c.dialect.forUpdate(), account); err != nil {
		return err
	}
	u, err := bytesOf(tx, account)
	if err != nil || u.Bytes()+bytes <= limit {
		return err
	}
	return models.NewFault(models.ErrTooLarge, CodeQuota, fmt.Sprintf(
		"You may keep %d bytes here and keep %d: delete something in the studio first, or ask this server's operator for more.", limit, u.Bytes()))
}

// jobsLeft holds for a job j whose account may have one more that runs. Its two
// arguments are the node's default, twice.
const jobsLeft = `NOT EXISTS (SELECT 1 FROM releases r LEFT JOIN account_limits l ON l.account_id = r.account_id
	WHERE r.id = j.release_id AND coalesce(l.jobs, ?) > 0
	AND (SELECT count(*) FROM jobs k JOIN releases q ON q.id = k.release_id
		WHERE k.state = 'transcoding' AND q.account_id = r.account_id AND k.release_id <> j.release_id) >= coalesce(l.jobs, ?))`
