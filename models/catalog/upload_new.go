package catalog

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// CreateUpload begins an upload and the release it will become, in the state
// uploading and on the account's first channel. It fills in what is empty: the
// ids, the times (24 hours), the kind (video), the visibility (public) and the
// title ("Untitled"). models.ErrNotFound where the account has no channel, a Fault of code "channel_blocked" where that
// is blocked;
// a Fault of code "too_many_uploads" beyond Config.MaxOpenUploads, one of code
// CodeStorageLimit where its bytes would pass Config.MaxStorage.
func (c *Catalog) CreateUpload(ctx context.Context, u models.Upload, r models.Release) (models.Upload, error) {
	c.fillUpload(&u)
	err := c.prepareRelease(&r, u.CreatedAt)
	if err != nil {
		return models.Upload{}, wrap(err, "create upload")
	}
	r.AccountID, r.State, r.Standing = u.AccountID, models.StateUploading, models.StandingGood
	chosen := r.ID != ""
	for range 8 { // two releases of one microsecond share a TID once in 1,024 times
		if !chosen {
			r.ID = models.NewTID(u.CreatedAt)
		}
		u.ReleaseID = r.ID
		if err = c.createUpload(ctx, u, r); chosen || !errors.Is(err, models.ErrExists) {
			break
		}
	}
	if err != nil {
		return models.Upload{}, err
	}
	return u, nil
}

func (c *Catalog) createUpload(ctx context.Context, u models.Upload, r models.Release) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.admitUpload(tx, u.AccountID); err != nil {
			return err
		}
		channel, err := firstChannel(tx, u.AccountID)
		if err != nil {
			return err
		}
		if channel.Blocked {
			return models.NewFault(models.ErrInvalid, "channel_blocked", "Your channel is blocked by the moderators: nothing can be published on it.")
		}
		r.ChannelID = channel.ID
		if review, err := c.needsReview(tx, u.AccountID, r.ID); err != nil {
			return err
		} else if review {
			r.Standing = models.StandingReview
		}
		if err := c.room(tx, max(u.Length, 1)); err != nil {
			return err
		}
		if err := c.insertRelease(tx, r, 0); err != nil {
			return err
		}
		return insertUpload(tx, u)
	})
	return c.fail(err, "create upload %q", u.ID)
}

// CreatePart begins an upload that becomes no release by itself: one of the
// parts that tus concatenates. Completing it queues nothing.
func (c *Catalog) CreatePart(ctx context.Context, u models.Upload) (models.Upload, error) {
	c.fillUpload(&u)
	u.ReleaseID = ""
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.admitUpload(tx, u.AccountID); err != nil {
			return err
		}
		if err := c.room(tx, max(u.Length, 1)); err != nil {
			return err
		}
		return insertUpload(tx, u)
	})
	return u, c.fail(err, "create upload %q", u.ID)
}

func (c *Catalog) fillUpload(u *models.Upload) {
	if u.ID == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // crypto/rand never fails
		u.ID = hex.EncodeToString(b[:])
	}
	if u.CreatedAt.IsZero() {
		u.CreatedAt = c.cfg.Now()
	}
	if u.ExpiresAt.IsZero() {
		u.ExpiresAt = u.CreatedAt.Add(24 * time.Hour)
	}
}

// admitUpload counts under the lock that the insert will need, so that
// parallel requests cannot pass the bound together.
func (c *Catalog) admitUpload(tx *gorm.DB, account int64) error {
	_, err := one[int64](tx, "SELECT a.id FROM accounts a WHERE a.id = ? AND NOT a.blocked"+c.dialect.forUpdate(), account)
	if err != nil || c.cfg.MaxOpenUploads <= 0 {
		return err
	}
	n, err := countOpen(tx, account)
	if err == nil && n >= c.cfg.MaxOpenUploads {
		return models.NewFault(models.ErrTooLarge, "too_many_uploads",
			fmt.Sprintf("%d uploads are open already: finish or cancel one first.", n))
	}
	return err
}

func insertUpload(tx *gorm.DB, u models.Upload) error {
	var release any
	if u.ReleaseID != "" {
		release = u.ReleaseID
	}
	if u.Metadata == nil {
		u.Metadata = map[string]string{}
	}
	return tx.Exec(`INSERT INTO uploads (id, account_id, release_id, length, received, metadata, complete, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, u.ID, u.AccountID, release, u.Length, u.Offset, toJSON(u.Metadata), false,
		micros(u.CreatedAt), micros(u.ExpiresAt)).Error
}
