package catalog

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

// maxCollections is how many collections an account has at most.
const maxCollections = 2000

// CreateCollection makes an empty collection of an account, in the channel that
// it names or else in the account's first, and returns it. An album or series
// without a channel, and a channel of someone else, is a Fault.
func (c *Catalog) CreateCollection(ctx context.Context, m models.Collection) (models.Collection, error) {
	if m.Visibility == "" {
		m.Visibility = models.Public
	}
	err := prepareCollection(&m)
	for tries := 0; err == nil; tries++ {
		m.ID = models.NewTID(c.cfg.Now())
		err = c.fail(c.inTx(ctx, func(tx *gorm.DB) error { return c.insertCollection(tx, m) }), "insert")
		if tries == 10 || !errors.Is(err, models.ErrExists) {
			break
		}
		err = nil // two in one microsecond drew the same number
	}
	if err != nil {
		return models.Collection{}, c.fail(err, "create collection")
	}
	return c.Collection(ctx, m.ID, m.AccountID)
}

func (c *Catalog) insertCollection(tx *gorm.DB, m models.Collection) error {
	n, err := one[int](tx, "SELECT count(*) FROM collections WHERE account_id = ?", m.AccountID)
	if err != nil {
		return err
	}
	if n >= maxCollections {
		return models.NewFault(models.ErrTooLarge, "collections", "An account has at most 2,000 collections.")
	}
	channel, err := collectionChannel(tx, m)
	if err != nil {
		return err
	}
	now := c.now()
	return tx.Exec(`INSERT INTO collections (id, account_id, channel_id, kind, title, description, visibility, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, m.ID, m.AccountID, channel, string(m.Kind), m.Title, m.Description, string(m.Visibility), now, now).Error
}

// collectionChannel returns the channel of a new collection, or nil for none.
func collectionChannel(tx *gorm.DB, m models.Collection) (any, error) {
	channels, err := many[string](tx, "SELECT c.id FROM channels c WHERE c.account_id = ? AND (c.id = ? OR ? = '') ORDER BY c.created_at, c.id LIMIT 1",
		m.AccountID, m.ChannelID, m.ChannelID)
	switch {
	case err != nil:
		return nil, err
	case len(channels) > 0:
		return channels[0], nil
	case m.ChannelID != "" || m.Kind != models.Playlist:
		return nil, models.NewFault(models.ErrInvalid, "collection_channel", "An album or series needs a channel of your own.")
	}
	return nil, nil
}

// CollectionPatch names what UpdateCollection changes; nil leaves a field as it
// is.
type CollectionPatch struct {
	Title       *string
	Description *string
	Visibility  *models.Visibility
}

// UpdateCollection changes the words on a collection.
func (c *Catalog) UpdateCollection(ctx context.Context, id string, p CollectionPatch) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		row, err := one[collectionRow](tx, "SELECT k.id, k.kind, k.title, k.description, k.visibility FROM collections k WHERE k.id = ?"+c.dialect.forUpdate(), id)
		if err != nil {
			return err
		}
		m := row.model()
		set(&m.Title, p.Title)
		set(&m.Description, p.Description)
		set(&m.Visibility, p.Visibility)
		if err := prepareCollection(&m); err != nil {
			return err
		}
		return must(tx, "UPDATE collections SET title = ?, description = ?, visibility = ?, updated_at = ? WHERE id = ?",
			m.Title, m.Description, string(m.Visibility), c.now(), id)
	})
	return c.fail(err, "update collection %q", id)
}

// DeleteCollection deletes a collection; its releases stay.
func (c *Catalog) DeleteCollection(ctx context.Context, id string) error {
	return c.fail(c.writeOne(ctx, "DELETE FROM collections WHERE id = ?", id), "delete collection %q", id)
}

// prepareCollection cleans the texts of a collection that is about to be written.
func prepareCollection(m *models.Collection) (err error) {
	switch {
	case !m.Kind.Valid():
		return models.NewFault(models.ErrInvalid, "collection_kind", "A collection is an album, a series or a playlist.")
	case !m.Visibility.Valid():
		return models.NewFault(models.ErrInvalid, "collection_visibility", "Visibility is public, unlisted or private.")
	}
	if m.Title, err = cleanText("title", m.Title, maxTitle); err != nil {
		return err
	}
	if m.Title == "" {
		m.Title = "Untitled"
	}
	m.Description, err = cleanText("description", m.Description, maxDescription)
	return err
}
