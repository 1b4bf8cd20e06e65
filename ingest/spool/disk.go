package spool

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"runnel/models"
)

// path names an upload's data file. The id was checked by validID.
func (s *Store) path(id string) string { return filepath.Join(s.cfg.Dir, id) }

// removeFile removes a file that may be gone already, durably.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// freeBytes is what an unprivileged process may still write below dir.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // the types differ between platforms
}

// room refuses to take want more bytes when they would eat into the reserve,
// and any bytes once a sync has failed.
func (s *Store) room(want int64) error {
	if err := s.Writable(); err != nil {
		return err
	}
	free, err := s.cfg.Free(s.cfg.Dir)
	if err != nil {
		return err
	}
	if want > free-s.cfg.Reserve {
		return errNoRoom
	}
	return nil
}

// full reports whether err is the disk saying that it is full.
func full(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

var (
	errNoRoom = models.NewFault(models.ErrUnavailable, "insufficient_storage",
		"This server does not have enough free disk space for the upload; try again later or ask its operator.")
	errBroken = models.NewFault(models.ErrUnavailable, "storage_failed",
		"This server's disk failed to keep data; uploads are stopped until its operator has looked at it.")
	errTooMany = models.NewFault(models.ErrUnavailable, "too_many_uploads",
		"You have too many unfinished uploads; finish or delete some of them first.")
	errTooLarge = models.NewFault(models.ErrTooLarge, "too_large",
		"The file is larger than this server accepts.")
	errNoOwner = models.NewFault(models.ErrInvalid, "not_signed_in",
		"Sign in to upload.")
)
