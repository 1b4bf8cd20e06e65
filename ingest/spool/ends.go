package spool

import (
	"context"
	"errors"
	"os"
	"time"

	"runnel/models"
)

// complete names the data file as the release's source, then queues the
// release. Both can be done again after a crash.
func (s *Store) complete(ctx context.Context, u models.Upload) error {
	st, err := os.Stat(s.path(u.ID))
	if err != nil {
		return err
	}
	if u.ReleaseID != "" && !u.Complete {
		if err := s.records.SetSource(ctx, u.ReleaseID, SourceName(u.ID), [32]byte{}, st.Size()); err != nil {
			return err
		}
	}
	if err := s.records.CompleteUpload(ctx, u.ID); err != nil {
		return err
	}
	return nil
}

// expiry is when an unfinished upload may be removed: Expiry after its last
// byte, which the data file's time tells.
func (s *Store) expiry(u models.Upload) time.Time {
	at := u.ExpiresAt
	if st, err := os.Stat(s.path(u.ID)); err == nil {
		if last := st.ModTime().Add(s.cfg.Expiry).UTC(); last.After(at) {
			at = last
		}
	}
	return at
}

// remove is Terminate, also for uploads that were given up.
func (s *Store) remove(ctx context.Context, u models.Upload) error {
	if err := s.records.DeleteUpload(ctx, u.ID); err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	if u.Complete {
		r, err := s.records.Release(ctx, u.ReleaseID)
		if err == nil && r.State == models.StateFinal {
			return nil
		}
		if err == nil {
			err = s.records.SetSource(ctx, u.ReleaseID, "", [32]byte{}, 0)
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
	}
	return removeFile(s.path(u.ID))
}
