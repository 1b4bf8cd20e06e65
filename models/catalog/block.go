package catalog

import (
	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// block blocks an account or a channel, or lets it in again. Its releases are
// hidden with it, but for those on which moderators had a word of their own, and
// come back with it. A blocked account's sessions end, and its tokens do not
// work; on a blocked channel nothing can be published.
func (c *Catalog) block(tx *gorm.DB, d models.Decision) (int64, []cid.Cid, error) {
	_, blocked := d.Action.Blocks()
	table, key, condition := "channels", any(d.ChannelID), "releases.channel_id = ?"
	if d.Action == models.ActionBlockAccount || d.Action == models.ActionUnblockAccount {
		table, key, condition = "accounts", d.AccountID, "releases.account_id = ?"
	}
	if err := setBlocked(tx, c.dialect.forUpdate(), table, key, blocked); err != nil {
		return 0, nil, err
	}
	if table == "accounts" && blocked {
		if err := tx.Exec("DELETE FROM sessions WHERE account_id = ?", d.AccountID).Error; err != nil {
			return 0, nil, err
		}
	}
	id, err := c.addTrail(tx, trailRow{By: d.By, Action: string(d.Action), ChannelID: d.ChannelID, PersonID: d.AccountID, Reason: d.Reason})
	if err != nil {
		return 0, nil, err
	}
	if err := bar(tx, condition, key); err != nil {
		return 0, nil, err
	}
	roots, err := refreshRoots(tx, condition, key)
	return id, roots, err
}

// setBlocked is a conditional update with its row counted: of two who block at
// once, one is told.
func setBlocked(tx *gorm.DB, lock, table string, key any, blocked bool) error {
	was, err := one[bool](tx, "SELECT blocked FROM "+table+" WHERE id = ?"+lock, key)
	switch {
	case err != nil:
		return err
	case was == blocked && blocked:
		return errAlready("It is blocked already.")
	case was == blocked:
		return errAlready("It is not blocked.")
	}
	return must(tx, "UPDATE "+table+" SET blocked = ? WHERE id = ?", blocked, key)
}

// barring is the condition that a release's account or channel is blocked.
const barring = `(EXISTS (SELECT 1 FROM channels c WHERE c.id = releases.channel_id AND c.blocked)
	OR EXISTS (SELECT 1 FROM accounts a WHERE a.id = releases.account_id AND a.blocked))`

// bar hides the releases of the condition whose account or channel is blocked,
// and gives those back their standing of which neither is any more. Whoever calls
// it refreshes their roots.
func bar(tx *gorm.DB, condition string, args ...any) error {
	if err := tx.Exec(`UPDATE releases SET barred = standing, standing = 'hidden', standing_reason = ''
		WHERE `+condition+` AND barred = '' AND standing IN ('good', 'review') AND `+barring, args...).Error; err != nil {
		return err
	}
	return tx.Exec(`UPDATE releases SET standing = barred, barred = '', standing_reason = ''
		WHERE `+condition+` AND barred <> '' AND NOT `+barring, args...).Error
}

// refreshRoots decides anew what may go out of the releases of a condition, and
// returns their roots.
func refreshRoots(tx *gorm.DB, condition string, args ...any) ([]cid.Cid, error) {
	rows, err := many[struct {
		ID  int64
		CID []byte `gorm:"column:cid"`
	}](tx, "SELECT o.id, o.cid FROM roots o WHERE o.id IN (SELECT releases.root_id FROM releases WHERE "+condition+") ORDER BY o.id", args...)
	if err != nil {
		return nil, err
	}
	var roots []cid.Cid
	for _, row := range rows {
		if err := refreshRoot(tx, row.ID); err != nil {
			return nil, err
		}
		if root, err := cid.Cast(row.CID); err == nil {
			roots = append(roots, root)
		}
	}
	return roots, nil
}
