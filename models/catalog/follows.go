package catalog

import (
	"context"

	"gorm.io/gorm"

	"runnel/models"
)

// maxFollows is how many channels an account follows at most.
const maxFollows = 2000

// Follow makes an account follow a channel, of this node or another one.
// Following again changes nothing.
func (c *Catalog) Follow(ctx context.Context, account int64, channel string) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		n, err := one[int](tx, "SELECT count(*) FROM follows WHERE account_id = ?", account)
		if err != nil {
			return err
		}
		if n >= maxFollows {
			return models.NewFault(models.ErrTooLarge, "follows", "An account follows at most 2,000 channels.")
		}
		if _, err := one[string](tx, "SELECT id FROM channels WHERE id = ?", channel); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO follows (account_id, channel_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", account, channel, c.now()).Error
	})
	return c.fail(err, "follow channel %q", channel)
}

// Unfollow ends it; it is no error where there was nothing to end.
func (c *Catalog) Unfollow(ctx context.Context, account int64, channel string) error {
	return c.fail(c.write(ctx, "DELETE FROM follows WHERE account_id = ? AND channel_id = ?", account, channel), "unfollow channel %q", channel)
}

// Follows returns the channels that an account follows, by name.
func (c *Catalog) Follows(ctx context.Context, account int64) ([]models.Channel, error) {
	rows, err := many[channelRow](c.db(ctx), "SELECT "+channelColumns+` FROM follows f JOIN channels c ON c.id = f.channel_id
		WHERE f.account_id = ? ORDER BY c.name, c.id`, account)
	return mapped(rows, channelRow.model), c.fail(err, "follows of account %d", account)
}

// Followers returns how many accounts follow a channel, and whether viewer is
// one of them.
func (c *Catalog) Followers(ctx context.Context, channel string, viewer int64) (n int, followed bool, err error) {
	row, err := one[struct{ N, Mine int }](c.db(ctx), `SELECT count(*) AS n, CAST(coalesce(sum(CASE WHEN f.account_id = ? THEN 1 ELSE 0 END), 0) AS BIGINT) AS mine
		FROM follows f WHERE f.channel_id = ?`, viewer, channel)
	return row.N, row.Mine > 0, c.fail(err, "followers of channel %q", channel)
}
