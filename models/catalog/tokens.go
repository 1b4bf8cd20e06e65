package catalog

import (
	"context"
	"time"

	"runnel/models"
)

type tokenRow struct {
	ID        string
	AccountID int64
	Label     string
	Scope     string
	CreatedAt int64
	ExpiresAt int64
}

const tokenColumns = "t.id, t.account_id, t.label, t.scope, t.created_at, t.expires_at"

func (r tokenRow) model() models.Token {
	return models.Token{ID: r.ID, AccountID: r.AccountID, Label: r.Label, Scope: models.Scope(r.Scope),
		CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt)}
}

// CreateToken makes a token for a program: its secret ("rnl_…"), which is shown
// once, and the id by which it is listed and revoked. A ttl of 0 never ends.
func (c *Catalog) CreateToken(ctx context.Context, account int64, label string, scope models.Scope, ttl time.Duration) (secret, id string, err error) {
	switch scope {
	case models.ScopeAll, models.ScopeUpload, models.ScopeRead:
	default:
		return "", "", wrap(models.NewFault(models.ErrInvalid, "token_scope", "A token's scope is all, upload or read."), "create token")
	}
	if label, err = cleanText("token_label", label, 200); err != nil {
		return "", "", wrap(err, "create token")
	}
	secret, id = newSecret("rnl_"), newShortID()
	now, expires := c.cfg.Now(), int64(0)
	if ttl > 0 {
		expires = micros(now.Add(ttl))
	}
	err = c.write(ctx, "INSERT INTO tokens (id, hash, account_id, label, scope, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id, hashed(secret), account, label, string(scope), micros(now), expires)
	if err != nil {
		return "", "", c.fail(err, "create token of account %d", account)
	}
	return secret, id, nil
}

// AccountByToken returns the account a token acts for; models.ErrNotFound when
// it is unknown, revoked or expired, or the account is blocked.
func (c *Catalog) AccountByToken(ctx context.Context, secret string) (models.Account, models.Token, error) {
	token, err := one[tokenRow](c.db(ctx), "SELECT "+tokenColumns+" FROM tokens t WHERE t.hash = ? AND (t.expires_at = 0 OR t.expires_at > ?)",
		hashed(secret), c.now())
	if err != nil {
		return models.Account{}, models.Token{}, c.fail(err, "token")
	}
	account, err := one[accountRow](c.db(ctx), "SELECT "+accountColumns+" FROM accounts a WHERE a.id = ? AND NOT a.blocked", token.AccountID)
	if err != nil {
		return models.Account{}, models.Token{}, c.fail(err, "token")
	}
	return account.model(), token.model(), nil
}

// Tokens returns the tokens of an account that have not expired, oldest first.
func (c *Catalog) Tokens(ctx context.Context, account int64) ([]models.Token, error) {
	rows, err := many[tokenRow](c.db(ctx), "SELECT "+tokenColumns+` FROM tokens t
		WHERE t.account_id = ? AND (t.expires_at = 0 OR t.expires_at > ?) ORDER BY t.created_at, t.id`, account, c.now())
	return mapped(rows, tokenRow.model), c.fail(err, "tokens of account %d", account)
}

// RevokeToken ends a token of an account; account 0 (an administrator) reaches
// everyone's. models.ErrNotFound also where the token is another's.
func (c *Catalog) RevokeToken(ctx context.Context, account int64, id string) error {
	err := c.writeOne(ctx, "DELETE FROM tokens WHERE id = ? AND (? = 0 OR account_id = ?)", id, account, account)
	return c.fail(err, "revoke token %q", id)
}
