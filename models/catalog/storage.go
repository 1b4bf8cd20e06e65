package catalog

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"runnel/models"
)

// CodeStorageLimit is the code of the Fault for what would pass
// Config.MaxStorage.
const CodeStorageLimit = "storage_limit"

// Usage is what a node keeps or has promised to take, in bytes. A block that two
// releases share counts for both. What nothing names any more does not count; the
// collector frees it.
type Usage struct {
	Releases  int64 // held under pins, and what pins that are being fetched will take
	Uploads   int64 // unfinished ones, as long as they said they will be
	Originals int64 // whole uploads, kept as sources
	Working   int64 // segments of releases that are not final
	Limit     int64 // Config.MaxStorage; 0: none
}

// Used is all of it together.
func (u Usage) Used() int64 { return u.Releases + u.Uploads + u.Originals + u.Working }

// Usage counts what this node keeps.
func (c *Catalog) Usage(ctx context.Context) (Usage, error) {
	u, err := c.usage(c.db(ctx))
	return u, c.fail(err, "usage")
}

// promised are the bytes of an upload u: as long as it said it will be, but of one
// that is made of parts what it has taken from them.
const promised = "CASE WHEN u.length > u.received AND u.concat <> 'final' THEN u.length ELSE u.received END"

func (c *Catalog) usage(db *gorm.DB) (Usage, error) {
	u, err := one[Usage](db, `SELECT
		(SELECT CAST(coalesce(sum(held), 0) AS BIGINT) FROM (SELECT max(CASE WHEN p.state = 'fetching' AND p.size > p.bytes THEN p.size ELSE p.bytes END) AS held
			FROM pins p GROUP BY p.root_id) AS pinned) AS releases,
		(SELECT CAST(coalesce(sum(`+promised+`), 0) AS BIGINT)
			FROM uploads u LEFT JOIN releases r ON r.id = u.release_id
			WHERE (NOT u.complete OR u.release_id IS NULL) AND coalesce(r.source_path, '') = '') AS uploads,
		(SELECT CAST(coalesce(sum(r.source_size), 0) AS BIGINT) FROM releases r WHERE r.source_path <> '') AS originals,
		(SELECT CAST(coalesce(sum(s.size), 0) AS BIGINT) FROM segments s JOIN releases r ON r.id = s.release_id WHERE r.state <> 'final') AS working`)
	u.Limit = c.cfg.MaxStorage
	return u, err
}

// room reports whether that many more bytes may be taken for an account. Whoever
// writes down in the same transaction that it takes them has them: one at a time
// may ask.
func (c *Catalog) room(tx *gorm.DB, account, bytes int64) error {
	if err := c.roomOf(tx, account, bytes); err != nil {
		return err
	}
	return c.nodeRoom(tx, bytes)
}

// nodeRoom is room in the whole node.
func (c *Catalog) nodeRoom(tx *gorm.DB, bytes int64) error {
	if c.cfg.MaxStorage <= 0 {
		return nil
	}
	if err := c.dialect.queue(tx); err != nil {
		return err
	}
	u, err := c.usage(tx)
	if err != nil || u.Used()+bytes <= u.Limit {
		return err
	}
	return models.NewFault(models.ErrTooLarge, CodeStorageLimit, fmt.Sprintf(
		"This node may keep %d bytes and keeps %d: unpin or delete something first, or ask its operator for more.", u.Limit, u.Used()))
}
