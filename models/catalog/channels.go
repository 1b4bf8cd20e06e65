package catalog

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"github.com/ipfs/boxo/ipns"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"gorm.io/gorm"

	"runnel/models"
)

type channelRow struct {
	ID        string
	AccountID int64
	Handle    string
	Name      string
	Blocked   bool
	CreatedAt int64
}

const channelColumns = "c.id, coalesce(c.account_id, 0) AS account_id, c.handle, c.name, c.blocked, c.created_at"

func (r channelRow) model() models.Channel {
	return models.Channel{ID: r.ID, AccountID: r.AccountID, Handle: r.Handle, Name: r.Name, Blocked: r.Blocked, CreatedAt: instant(r.CreatedAt)}
}

// Channel returns the channel of an id ("k51…"), also one of another node.
func (c *Catalog) Channel(ctx context.Context, id string) (models.Channel, error) {
	row, err := one[channelRow](c.db(ctx), "SELECT "+channelColumns+" FROM channels c WHERE c.id = ?", id)
	return row.model(), c.fail(err, "channel %q", id)
}

// ChannelByHandle returns this node's channel of that handle.
func (c *Catalog) ChannelByHandle(ctx context.Context, handle string) (models.Channel, error) {
	row, err := one[channelRow](c.db(ctx),
		"SELECT "+channelColumns+" FROM channels c WHERE c.handle = ? AND c.account_id IS NOT NULL", handle)
	return row.model(), c.fail(err, "channel %q", handle)
}

// ChannelsOf returns the channels of an account, the oldest first.
func (c *Catalog) ChannelsOf(ctx context.Context, account int64) ([]models.Channel, error) {
	rows, err := many[channelRow](c.db(ctx),
		"SELECT "+channelColumns+" FROM channels c WHERE c.account_id = ? ORDER BY c.created_at, c.id", account)
	return mapped(rows, channelRow.model), c.fail(err, "channels of account %d", account)
}

// RenameChannel changes the name that pages show; the handle and id stay.
func (c *Catalog) RenameChannel(ctx context.Context, id, name string) error {
	name, err := cleanText("channel_name", name, 200)
	if err != nil {
		return wrap(err, "rename channel %q", id)
	}
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		if err := must(tx, "UPDATE channels SET name = ? WHERE id = ?", name, id); err != nil {
			return err
		}
		return reindex(c.dialect, tx, "r.channel_id = ?", id)
	})
	return c.fail(err, "rename channel %q", id)
}

// SigningKey returns the private key of a channel of this node;
// models.ErrNotFound for another node's, models.ErrCorrupt if it was sealed
// with another node secret.
func (c *Catalog) SigningKey(ctx context.Context, channel string) (crypto.PrivKey, error) {
	sealed, err := one[sealedRow](c.db(ctx), "SELECT c.sealed_key FROM channels c WHERE c.id = ? AND c.sealed_key IS NOT NULL", channel)
	if err != nil {
		return nil, c.fail(err, "key of channel %q", channel)
	}
	raw, err := c.sealer.open(channel, sealed.SealedKey)
	if err != nil {
		return nil, wrap(err, "key of channel %q", channel)
	}
	key, err := crypto.UnmarshalEd25519PrivateKey(raw)
	return key, wrap(err, "key of channel %q", channel)
}

type sealedRow struct{ SealedKey []byte }

// RenewRecovery replaces a channel's recovery key and returns the new one, to
// be shown once. It is for a key that nobody has seen yet: once the commitment
// is published in a profile record, it is final.
func (c *Catalog) RenewRecovery(ctx context.Context, channel string) (recoveryKey string, err error) {
	recoveryKey, commitment, err := newRecovery()
	if err == nil {
		err = c.writeOne(ctx, "UPDATE channels SET recovery_hash = ? WHERE id = ? AND sealed_key IS NOT NULL", commitment, channel)
	}
	return recoveryKey, c.fail(err, "renew recovery key of channel %q", channel)
}

func firstChannel(tx *gorm.DB, account int64) (channelRow, error) {
	return one[channelRow](tx, "SELECT "+channelColumns+" FROM channels c WHERE c.account_id = ? ORDER BY c.created_at, c.id LIMIT 1", account)
}

func (c *Catalog) createChannel(tx *gorm.DB, a models.Account) (models.Channel, string, error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return models.Channel{}, "", err
	}
	raw, err := key.Raw()
	if err != nil {
		return models.Channel{}, "", err
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return models.Channel{}, "", err
	}
	recoveryKey, commitment, err := newRecovery()
	if err != nil {
		return models.Channel{}, "", err
	}
	name := ipns.NameFromPeer(id).String()
	row, err := one[channelRow](tx, `INSERT INTO channels (id, account_id, handle, name, sealed_key, recovery_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`+returning(channelColumns, "c"),
		name, a.ID, a.Name, a.Name, blob(c.sealer.seal(name, raw)), commitment, c.now())
	return row.model(), recoveryKey, err
}

// newRecovery returns the seed of an Ed25519 key as text, and the SHA-256 of
// its public key: the commitment that a channel's first profile record makes.
func newRecovery() (text string, commitment blob, err error) {
	key, public, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return "", nil, err
	}
	raw, err := key.Raw()
	if err != nil {
		return "", nil, err
	}
	pub, err := public.Raw()
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(pub)
	return keyText.EncodeToString(raw[:32]), sum[:], nil
}
