package catalog

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// SetPassword replaces the password hash and ends every session of the account.
func (c *Catalog) SetPassword(ctx context.Context, id int64, passwordHash string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error { return setPassword(tx, id, passwordHash) })
	return c.fail(err, "set password of account %d", id)
}

func setPassword(tx *gorm.DB, id int64, passwordHash string) error {
	if err := must(tx, "UPDATE accounts SET password_hash = ? WHERE id = ?", passwordHash, id); err != nil {
		return err
	}
	return tx.Exec("DELETE FROM sessions WHERE account_id = ?", id).Error
}

// SetRole changes what an account may do. One that becomes a creator without
// having a channel gets one, and its recovery key, as in CreateAccount.
func (c *Catalog) SetRole(ctx context.Context, id int64, role models.Role) (recoveryKey string, err error) {
	if !role.Valid() {
		return "", wrap(models.NewFault(models.ErrInvalid, "account_role", "A role is listener, creator, moderator or admin."), "set role")
	}
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		row, err := one[accountRow](tx, "UPDATE accounts SET role = ? WHERE id = ?"+returning(accountColumns, "a"), string(role), id)
		if err != nil {
			return err
		}
		_, recoveryKey, err = c.giveChannel(tx, row.model())
		return err
	})
	return recoveryKey, c.fail(err, "set role of account %d", id)
}

// giveChannel makes the channel that an account of this role has to have.
func (c *Catalog) giveChannel(tx *gorm.DB, a models.Account) (models.Channel, string, error) {
	if !a.Role.AtLeast(models.RoleCreator) {
		return models.Channel{}, "", nil
	}
	_, err := firstChannel(tx, a.ID)
	if !errors.Is(err, models.ErrNotFound) {
		return models.Channel{}, "", err
	}
	return c.createChannel(tx, a)
}
