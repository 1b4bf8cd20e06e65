package catalog

import (
	"context"
	"time"

	"runnel/models"
)

// CreateSession signs an account in and returns the session's secret, of which
// only the SHA-256 is kept.
func (c *Catalog) CreateSession(ctx context.Context, account int64, ttl time.Duration) (secret string, err error) {
	secret = newSecret("")
	now := c.cfg.Now()
	err = c.write(ctx, "INSERT INTO sessions (hash, account_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
		hashed(secret), account, micros(now), micros(now.Add(ttl)))
	if err != nil {
		secret = ""
	}
	return secret, c.fail(err, "create session of account %d", account)
}

// AccountBySession returns who is signed in by this secret; models.ErrNotFound
// when the session ended or the account is blocked.
func (c *Catalog) AccountBySession(ctx context.Context, secret string) (models.Account, error) {
	row, err := one[accountRow](c.db(ctx), "SELECT "+accountColumns+` FROM sessions s JOIN accounts a ON a.id = s.account_id
		WHERE s.hash = ? AND s.expires_at > ? AND NOT a.blocked`, hashed(secret), c.now())
	return row.model(), c.fail(err, "session")
}

// DeleteSession signs out. A session that is gone already is no error.
func (c *Catalog) DeleteSession(ctx context.Context, secret string) error {
	return c.fail(c.write(ctx, "DELETE FROM sessions WHERE hash = ?", hashed(secret)), "delete session")
}

// Sweep deletes what has expired by now: sessions, set-up links, tokens, and
// the rows of whole uploads that nobody can continue any more.
func (c *Catalog) Sweep(ctx context.Context, now time.Time) error {
	for _, query := range []string{
		"DELETE FROM sessions WHERE expires_at <= ?",
		"DELETE FROM setup_links WHERE expires_at <= ?",
		"DELETE FROM tokens WHERE expires_at > 0 AND expires_at <= ?",
		"DELETE FROM uploads WHERE complete AND release_id IS NOT NULL AND expires_at <= ?",
	} {
		if err := c.write(ctx, query, micros(now)); err != nil {
			return c.fail(err, "sweep")
		}
	}
	return nil
}
