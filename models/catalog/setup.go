package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// CreateSetupLink makes the secret of a link by which an account sets its
// password once. It replaces the account's earlier links.
func (c *Catalog) CreateSetupLink(ctx context.Context, account int64, ttl time.Duration) (secret string, err error) {
	return c.setupLink(ctx, account, ttl, dropSetupLinks)
}

// AddSetupLink is CreateSetupLink beside the links that there are: of those that
// several servers show, each works until one is used.
func (c *Catalog) AddSetupLink(ctx context.Context, account int64, ttl time.Duration) (secret string, err error) {
	return c.setupLink(ctx, account, ttl, func(*gorm.DB, int64) error { return nil })
}

func dropSetupLinks(tx *gorm.DB, account int64) error {
	return tx.Exec("DELETE FROM setup_links WHERE account_id = ?", account).Error
}

func (c *Catalog) setupLink(ctx context.Context, account int64, ttl time.Duration, before func(*gorm.DB, int64) error) (secret string, err error) {
	secret = newSecret("")
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		if err := before(tx, account); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO setup_links (hash, account_id, expires_at) VALUES (?, ?, ?)",
			hashed(secret), account, micros(c.cfg.Now().Add(ttl))).Error
	})
	if err != nil {
		return "", c.fail(err, "create set-up link of account %d", account)
	}
	return secret, nil
}

// SetupLink returns whose password the link would set, and leaves it usable;
// models.ErrNotFound when it is unknown, used or expired.
func (c *Catalog) SetupLink(ctx context.Context, secret string) (models.Account, error) {
	row, err := one[accountRow](c.db(ctx), "SELECT "+accountColumns+` FROM setup_links l JOIN accounts a ON a.id = l.account_id
		WHERE l.hash = ? AND l.expires_at > ? AND NOT a.blocked`, hashed(secret), c.now())
	return row.model(), c.fail(err, "set-up link")
}

// ConsumeSetupLink sets the password, ends the account's sessions and uses the
// link and its siblings up. Of two callers one wins; the other gets models.ErrNotFound.
func (c *Catalog) ConsumeSetupLink(ctx context.Context, secret, newPasswordHash string) (models.Account, error) {
	var account models.Account
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := one[int64](tx, "DELETE FROM setup_links WHERE hash = ? AND expires_at > ? RETURNING account_id", hashed(secret), c.now())
		if err != nil {
			return err
		}
		row, err := one[accountRow](tx, "SELECT "+accountColumns+" FROM accounts a WHERE a.id = ? AND NOT a.blocked", id)
		if err != nil {
			return err
		}
		account = row.model()
		account.PasswordHash = newPasswordHash
		if err := dropSetupLinks(tx, id); err != nil {
			return err
		}
		return setPassword(tx, id, newPasswordHash)
	})
	if err != nil {
		return models.Account{}, c.fail(err, "set-up link")
	}
	return account, nil
}
