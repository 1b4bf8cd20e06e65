package catalog

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// ImportRelease writes the entry of a release that was not transcoded here: one
// pinned or imported from elsewhere, or found again by a rebuild. Its Manifest,
// ID, ChannelID and ChannelName come from a manifest that was verified. On a
// channel of this node it belongs to that channel's account. An entry of the
// same id and channel is replaced unless its rev is higher; one of another
// channel is models.ErrExists. What moderators and the creator said stays; a new
// entry without a visibility is private on a channel of this node, because a
// manifest does not say what its creator chose, and public on another's.
// It goes out only once its root is held under a pin.
func (c *Catalog) ImportRelease(ctx context.Context, r models.Release, renditions []models.Rendition) error {
	if r.ID == "" || r.ChannelID == "" || !r.Manifest.Defined() {
		return wrap(models.ErrInvalid, "import release %q", r.ID)
	}
	asked := r.Visibility
	if err := c.prepareRelease(&r, c.cfg.Now()); err != nil {
		return wrap(err, "import release %q", r.ID)
	}
	r.State, r.Standing, r.Fraction, r.Playable = models.StateFinal, models.StandingGood, 1, r.Duration
	if r.FinalAt.IsZero() {
		r.FinalAt = c.cfg.Now()
	}
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.hostChannel(tx, &r); err != nil {
			return err
		}
		if asked == "" && r.AccountID != 0 {
			r.Visibility = models.Private
		}
		root, err := c.putRoot(tx, r.Manifest)
		if err != nil {
			return err
		}
		old, err := c.lockRelease(tx, r.ID)
		switch {
		case errors.Is(err, models.ErrNotFound):
			err = c.insertRelease(tx, r, root)
		case err == nil:
			err = c.renewRelease(tx, old, r, root)
		}
		if err != nil {
			return err
		}
		if err := replaceRenditions(tx, r.ID, renditions); err != nil {
			return err
		}
		return refreshRoot(tx, root)
	})
	return c.fail(err, "import release %q", r.ID)
}

// hostChannel makes sure of the channel's row, and finds whose it is here.
func (c *Catalog) hostChannel(tx *gorm.DB, r *models.Release) error {
	name, err := cleanText("channel_name", r.ChannelName, 200)
	if err != nil {
		return err
	}
	if err := tx.Exec("INSERT INTO channels (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING", r.ChannelID, name, c.now()).Error; err != nil {
		return err
	}
	channel, err := one[channelRow](tx, "SELECT "+channelColumns+" FROM channels c WHERE c.id = ?", r.ChannelID)
	r.AccountID = channel.AccountID
	return err
}

func (c *Catalog) renewRelease(tx *gorm.DB, old releaseRow, r models.Release, root int64) error {
	if old.ChannelID != r.ChannelID || old.State != string(models.StateFinal) || old.Rev > max(r.Rev, 1) ||
		old.Rev == max(r.Rev, 1) && old.RootID != root {
		return models.ErrExists
	}
	args := []any{root, max(r.Rev, 1), int64(r.Duration), int64(r.Duration), r.Width, r.Height, r.Bytes, r.Poster}
	args = append(append(args, loudnessValues(r.Loudness)...), c.now(), r.ID)
	if err := must(tx, `UPDATE releases SET root_id = ?, rev = ?, playable = ?, duration = ?, width = ?, height = ?, bytes = ?, poster = ?,
		loudness_integrated = ?, loudness_range = ?, loudness_peak = ?, updated_at = ? WHERE id = ?`, args...); err != nil || old.RootID == root {
		return err
	}
	return dropRoot(tx, old.RootID)
}
