package catalog

import (
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// hostChannel makes sure of the channel's row, and finds whose it is here. A
// channel of another node has the name that its newest release tells.
func (c *Catalog) hostChannel(tx *gorm.DB, r *models.Release) error {
	err := tx.Exec("INSERT INTO channels (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
		r.ChannelID, r.ChannelName, c.now()).Error
	if err != nil {
		return err
	}
	channel, err := one[channelRow](tx, "SELECT "+channelColumns+" FROM channels c WHERE c.id = ?", r.ChannelID)
	if err != nil {
		return err
	}
	r.AccountID = channel.AccountID
	if channel.AccountID != 0 || channel.Name == r.ChannelName {
		return nil
	}
	n, err := change(tx, `UPDATE channels SET name = ? WHERE id = ? AND account_id IS NULL
		AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.channel_id = channels.id AND r.id > ?)`, r.ChannelName, r.ChannelID, r.ID)
	if err != nil || n == 0 {
		return err
	}
	return reindex(c.dialect, tx, "r.channel_id = ?", r.ChannelID)
}

// dropChannel forgets another node's channel that has no release here any more,
// unless moderators have blocked it.
func dropChannel(tx *gorm.DB, id string) error {
	return tx.Exec(`DELETE FROM channels WHERE id = ? AND account_id IS NULL AND NOT blocked
		AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.channel_id = channels.id)`, id).Error
}

// wordRow is what a moderator said of a release.
type wordRow struct {
	Standing string
	Reason   string
}

func (w wordRow) model() (models.Standing, string) {
	if w.Standing == "" {
		return models.StandingGood, ""
	}
	return models.Standing(w.Standing), w.Reason
}

// lastWord returns what moderators here last said of an id. It outlives the
// entry: pinning again does not undo a takedown.
func lastWord(tx *gorm.DB, id string) (wordRow, error) {
	w, err := one[wordRow](tx, "SELECT standing, reason FROM moderation WHERE release_id = ? AND standing <> '' ORDER BY id DESC LIMIT 1", id)
	if errors.Is(err, models.ErrNotFound) {
		return wordRow{}, nil
	}
	return w, err
}
