package catalog

import (
	"context"
	"errors"

	"runnel/models"
)

// Source is the kept upload of a release.
type Source struct {
	Path   string
	SHA256 [32]byte
	Size   int64
}

// SetSource records where the upload of a release is kept; an empty path that
// it is kept no more.
func (c *Catalog) SetSource(ctx context.Context, release, path string, sha256 [32]byte, size int64) error {
	err := c.writeOne(ctx, "UPDATE releases SET source_path = ?, source_sha256 = ?, source_size = ? WHERE id = ?", path, blob(sha256[:]), size, release)
	return c.fail(err, "source of release %q", release)
}

// Source returns the kept upload; models.ErrNotFound where there is none.
func (c *Catalog) Source(ctx context.Context, release string) (Source, error) {
	row, err := one[struct {
		Path   string
		SHA256 []byte `gorm:"column:sha256"`
		Size   int64
	}](c.db(ctx), `SELECT source_path AS path, source_sha256 AS sha256, source_size AS size FROM releases
		WHERE id = ? AND source_path <> ''`, release)
	s := Source{Path: row.Path, Size: row.Size}
	copy(s.SHA256[:], row.SHA256)
	return s, c.fail(err, "source of release %q", release)
}

// SourceHeld reports whether a release still names this file as its source.
func (c *Catalog) SourceHeld(ctx context.Context, path string) (bool, error) {
	_, err := one[int64](c.db(ctx), "SELECT seq FROM releases WHERE source_path = ? AND source_path <> '' LIMIT 1", path)
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, c.fail(err, "source")
}

// UploadName returns what the sender of a release's upload called the file; empty
// where that is not known.
func (c *Catalog) UploadName(ctx context.Context, release string) (string, error) {
	row, err := one[uploadRow](c.db(ctx), "SELECT "+uploadColumns+" FROM uploads u WHERE u.release_id = ?", release)
	if errors.Is(err, models.ErrNotFound) {
		return "", nil
	}
	return row.model().Metadata["filename"], c.fail(err, "upload of release %q", release)
}
