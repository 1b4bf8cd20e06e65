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
// is blocked, a Fault of code "too_many_uploads" or "too_many_releases" beyond the account's
// Limits, one of CodeQuota where its bytes would pass them, one of code
// CodeStorageLimit where they would pass Config.MaxStorage.
//
// An upload that is made of parts takes them: whole ones of the same account. A
// release that replaces another's media (r.Replaces) takes channel, title and kind
// from it and is private; see Publish.
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
		var fault *models.Fault
		if err = c.createUpload(ctx, &u, r); chosen || !errors.Is(err, models.ErrExists) || errors.As(err, &fault) {
			break
		}
	}
	if err != nil {
		return models.Upload{}, err
	}
	return u, nil
}

func (c *Catalog) createUpload(ctx context.Context, u *models.Upload, r models.Release) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := c.admitUpload(tx, *u, r.Replaces == ""); err != nil {
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
		if err := c.admitRelease(tx, u.AccountID, &r); err != nil {
			return err
		}
		if u.Concat == models.ConcatFinal {
			err = c.takeParts(tx, u) // its bytes are promised to its parts
		} else {
			err = c.room(tx, u.AccountID, max(u.Length, 1))
		}
		if err != nil {
			return err
		}
		if err := c.insertRelease(tx, r, 0); err != nil {
			return err
		}
		return insertUpload(tx, *u)
	})
	return c.fail(err, "create upload %q", u.ID)
}

// admitRelease decides how others will see a new release: not before a review, or
// not at all where it replaces another's media, which keeps its own standing.
func (c *Catalog) admitRelease(tx *gorm.DB, account int64, r *models.Release) error {
	if r.Replaces != "" {
		return c.admitReplacement(tx, r)
	}
	review, err := c.needsReview(tx, account, r.ID)
	if review {
		r.Standing = models.StandingReview
	}
	return err
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
// parallel requests cannot pass the bounds together.
func (c *Catalog) admitUpload(tx *gorm.DB, u models.Upload, newRelease bool) error {
	account := u.AccountID
	limits, err := c.lockLimits(tx, account)
	if err != nil {
		return err
	}
	if limits.Uploads > 0 && u.Concat != models.ConcatFinal { // that comes in its parts' place
		n, err := countOpen(tx, account)
		if err == nil && n >= limits.Uploads {
			err = models.NewFault(models.ErrTooLarge, "too_many_uploads", fmt.Sprintf("%d uploads are open already: finish or cancel one first.", n))
		}
		if err != nil {
			return err
		}
	}
	if limits.Releases > 0 && newRelease {
		n, err := countReleases(tx, account)
		if err == nil && n >= limits.Releases {
			err = models.NewFault(models.ErrTooLarge, "too_many_releases", fmt.Sprintf("You have %d releases and may have no more: delete one first, or ask this server's operator.", n))
		}
		return err
	}
	return nil
}

func insertUpload(tx *gorm.DB, u models.Upload) error {
	var release any
	if u.ReleaseID != "" {
		release = u.ReleaseID
	}
	if u.Metadata == nil {
		u.Metadata = map[string]string{}
	}
	return tx.Exec(`INSERT INTO uploads (id, account_id, release_id, length, received, metadata, complete, created_at, expires_at, concat, parts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, u.ID, u.AccountID, release, u.Length, u.Offset, toJSON(u.Metadata), false,
		micros(u.CreatedAt), micros(u.ExpiresAt), string(u.Concat), toJSON(append([]string{}, u.Parts...))).Error
}
