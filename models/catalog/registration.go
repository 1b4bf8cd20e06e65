package catalog

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// AccountFilter chooses accounts. The zero value chooses all.
type AccountFilter struct {
	Name    string // what the name has to contain
	Waiting bool   // only those that nobody has let in yet
	After   int64  // only ids above it
	Limit   int    // 50 when zero, 200 at most
}

// Accounts returns a page of accounts by id.
func (c *Catalog) Accounts(ctx context.Context, f AccountFilter) ([]models.Account, error) {
	query, args := "SELECT "+accountColumns+" FROM accounts a WHERE a.id > ?", []any{f.After}
	if f.Waiting {
		query += " AND a.waiting"
	}
	if name := strings.ToLower(f.Name); name != "" {
		query += ` AND a.name LIKE ? ESCAPE '\'`
		args = append(args, "%"+likeEscape.Replace(name)+"%")
	}
	rows, err := many[accountRow](c.db(ctx), query+" ORDER BY a.id LIMIT ?", append(args, clampLimit(f.Limit))...)
	return mapped(rows, accountRow.model), c.fail(err, "accounts")
}

// likeEscape makes text match itself in LIKE … ESCAPE '\'.
var likeEscape = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Register makes a listener's account for somebody who asked for one; waiting
// until Approve lets it in. models.ErrExists if the name is taken.
func (c *Catalog) Register(ctx context.Context, name, passwordHash string, waiting bool) (models.Account, error) {
	name, err := NormalName(name)
	if err != nil {
		return models.Account{}, wrap(err, "register")
	}
	row, err := one[accountRow](c.db(ctx), `INSERT INTO accounts (name, role, password_hash, waiting, created_at) VALUES (?, ?, ?, ?, ?)`+
		returning(accountColumns, "a"), name, string(models.RoleListener), passwordHash, waiting, c.now())
	return row.model(), c.fail(err, "register %q", name)
}

// Approve lets an account in that waits; models.ErrNotFound for one that does not.
func (c *Catalog) Approve(ctx context.Context, id int64) error {
	return c.fail(must(c.db(ctx), "UPDATE accounts SET waiting = FALSE WHERE id = ? AND waiting", id), "approve account %d", id)
}

// Refuse deletes an account that waits, so that its name is free again;
// models.ErrNotFound for one that does not.
func (c *Catalog) Refuse(ctx context.Context, id int64) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		return must(tx, "DELETE FROM accounts WHERE id = ? AND waiting", id)
	})
	return c.fail(err, "refuse account %d", id)
}
