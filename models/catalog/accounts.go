package catalog

import (
	"context"

	"gorm.io/gorm"

	"runnel/models"
)

type accountRow struct {
	ID           int64
	Name         string
	Role         string
	PasswordHash string
	Blocked      bool
	Waiting      bool
	CreatedAt    int64
}

const accountColumns = "a.id, a.name, a.role, a.password_hash, a.blocked, a.waiting, a.created_at"

func (r accountRow) model() models.Account {
	return models.Account{ID: r.ID, Name: r.Name, Role: models.Role(r.Role), PasswordHash: r.PasswordHash,
		Blocked: r.Blocked, Waiting: r.Waiting, CreatedAt: instant(r.CreatedAt)}
}

// CreateAccount makes an account; passwordHash (argon2id, PHC form) may be
// empty until a set-up link is used. A creator or higher gets a channel of the
// same name, and recoveryKey, which is shown to its owner once and kept
// nowhere; a listener gets neither. models.ErrExists if the name is taken.
func (c *Catalog) CreateAccount(ctx context.Context, name string, role models.Role, passwordHash string) (
	account models.Account, channel models.Channel, recoveryKey string, err error) {
	if name, err = NormalName(name); err == nil && !role.Valid() {
		err = models.NewFault(models.ErrInvalid, "account_role", "A role is listener, creator, moderator or admin.")
	}
	if err != nil {
		return account, channel, "", wrap(err, "create account")
	}
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		row, err := one[accountRow](tx, `INSERT INTO accounts (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)`+
			returning(accountColumns, "a"), name, string(role), passwordHash, c.now())
		if err != nil {
			return err
		}
		account = row.model()
		channel, recoveryKey, err = c.giveChannel(tx, account)
		return err
	})
	return account, channel, recoveryKey, c.fail(err, "create account %q", name)
}

// Account returns the account of an id, blocked or not.
func (c *Catalog) Account(ctx context.Context, id int64) (models.Account, error) {
	row, err := one[accountRow](c.db(ctx), "SELECT "+accountColumns+" FROM accounts a WHERE a.id = ?", id)
	return row.model(), c.fail(err, "account %d", id)
}

// AccountByName returns the account of a name in any spelling that NormalName
// reads alike; models.ErrNotFound also for what cannot be a name.
func (c *Catalog) AccountByName(ctx context.Context, name string) (models.Account, error) {
	normal, err := NormalName(name)
	if err != nil {
		return models.Account{}, wrap(models.ErrNotFound, "account by name")
	}
	row, err := one[accountRow](c.db(ctx), "SELECT "+accountColumns+" FROM accounts a WHERE a.name = ?", normal)
	return row.model(), c.fail(err, "account %q", normal)
}

// CountAccounts returns how many accounts there are.
func (c *Catalog) CountAccounts(ctx context.Context) (int, error) {
	n, err := one[int](c.db(ctx), "SELECT count(*) FROM accounts")
	return n, c.fail(err, "count accounts")
}
