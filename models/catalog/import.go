package catalog

import (
	"context"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// Imported counts what an import brought.
type Imported struct {
	Accounts, Channels, Releases int64
	Missing                      int // roots that were held and whose blocks are not all there
}

// Import reads what Export wrote, of this engine or another, into a catalogue
// that is still as it was made: all of it in one transaction, or nothing. It
// holds a few hundred rows in memory at a time. Jobs that wait are queued again;
// one whose lease runs is taken up when the lease ends or its node asks for it.
//
// has tells whether a block is there; nil stands for all. A pin whose blocks are
// not is queued, so that they are fetched, and does not go out before that.
//
// A catalogue with rows is refused with a Fault of code "database_not_empty"
// (models.ErrExists), an export of a newer schema with "schema_too_new", and one
// that is cut short or changed is models.ErrCorrupt. The node's secret is not in
// an export: keys of channels can be used only where Config.Secret is the same.
func (c *Catalog) Import(ctx context.Context, r io.Reader, has func(context.Context, cid.Cid) (bool, error)) (Imported, error) {
	done, err := c.dialect.turn(ctx)
	if err != nil {
		return Imported{}, c.fail(err, "import")
	}
	defer done()
	schema, err := schemaOf(ctx, c.sql)
	if err != nil {
		return Imported{}, c.fail(err, "import")
	}
	var out Imported
	err = c.dialect.transaction(c.db(ctx), func(tx *gorm.DB) error {
		if err := mustBeEmpty(tx); err != nil {
			return err
		}
		in := &importer{tx: tx, dialect: c.dialect}
		rows, err := readPortable(r, schema, in)
		if err != nil {
			return err
		}
		if err := in.flush(); err != nil {
			return err
		}
		out = Imported{Accounts: rows["accounts"], Channels: rows["channels"], Releases: rows["releases"]}
		if has != nil {
			if out.Missing, err = queueMissing(ctx, tx, has); err != nil {
				return err
			}
		}
		return c.enqueueWaiting(ctx, tx)
	})
	return out, c.fail(err, "import")
}

// CheckEmpty returns nil where Import would find no row, else a Fault of code
// "database_not_empty".
func (c *Catalog) CheckEmpty(ctx context.Context) error {
	return c.fail(mustBeEmpty(c.db(ctx)), "check empty")
}

func mustBeEmpty(tx *gorm.DB) error {
	for _, table := range append([]portableTable{{name: "sessions"}}, portable...) {
		n, err := one[int](tx, "SELECT count(*) FROM (SELECT 1 FROM "+table.name+" LIMIT 1) AS any_row")
		if err != nil {
			return err
		}
		if n > 0 {
			return models.NewFault(models.ErrExists, "database_not_empty", "The database holds a catalogue already; name an empty one.")
		}
	}
	return nil
}

func (c *Catalog) enqueueWaiting(ctx context.Context, tx *gorm.DB) error {
	waiting, err := many[struct {
		ReleaseID string
		NotBefore int64
	}](tx, "SELECT release_id, not_before FROM jobs WHERE state = 'queued' ORDER BY created_at, release_id")
	if err != nil {
		return err
	}
	for _, job := range waiting {
		if err := c.dialect.enqueue(ctx, tx, ReleaseArgs{job.ReleaseID}, instant(job.NotBefore)); err != nil {
			return fmt.Errorf("release %s: %w", job.ReleaseID, err)
		}
	}
	return nil
}

// queueMissing queues the held pins of roots whose blocks are not all there, and
// returns how many roots they are.
func queueMissing(ctx context.Context, tx *gorm.DB, has func(context.Context, cid.Cid) (bool, error)) (missing int, err error) {
	roots, err := many[int64](tx, "SELECT DISTINCT root_id FROM pins WHERE state = 'pinned' ORDER BY root_id")
	if err != nil {
		return 0, err
	}
	for _, root := range roots {
		whole, err := hasAll(ctx, tx, root, has)
		if err != nil {
			return missing, err
		}
		if whole {
			continue
		}
		missing++
		if err := tx.Exec("UPDATE pins SET state = 'queued', blocks = 0, bytes = 0 WHERE root_id = ? AND state = 'pinned'", root).Error; err != nil {
			return missing, err
		}
		if err := refreshRoot(tx, root); err != nil {
			return missing, err
		}
	}
	return missing, nil
}

func hasAll(ctx context.Context, tx *gorm.DB, root int64, has func(context.Context, cid.Cid) (bool, error)) (bool, error) {
	blocks, err := blocksOfRoot(tx, root)
	if err != nil {
		return false, err
	}
	for _, b := range blocks {
		if there, err := has(ctx, b); !there || err != nil {
			return false, err
		}
	}
	return len(blocks) > 0, nil
}
