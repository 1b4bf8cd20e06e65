package catalog

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// Config says where the catalogue is and what it may hold.
type Config struct {
	// URL is "sqlite:PATH", "sqlite:///PATH" or a plain path of a SQLite file,
	// whose folder must exist, or "postgres://USER:PASSWORD@HOST/DATABASE".
	URL string
	// Secret is the node's secret; channel keys are sealed with a key derived
	// from it, and cannot be read with another one.
	Secret [32]byte
	// MaxConns bounds the connections; 0 means 8.
	MaxConns int
	// MaxOpenUploads bounds the unfinished uploads of one account; 0 means no
	// bound.
	MaxOpenUploads int
	// MaxStorage bounds the bytes that are kept or promised, as Usage counts
	// them; 0 means no bound.
	MaxStorage int64
	// Review says whose releases are seen by others only once approved; empty
	// means models.ReviewOff.
	Review models.Review
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Catalog is an open catalogue. It is safe for use by many goroutines, and its
// database by several processes.
type Catalog struct {
	cfg     Config
	log     *slog.Logger
	sql     *sql.DB
	gorm    *gorm.DB
	dialect dialect
	sealer  *sealer
	roots   remembered // which may go out
	blocks  remembered
	live    remembered // which is needed
	close   func() error
}

// Open opens the catalogue and brings its schema up to date. A database that a
// newer Runnel has written is refused with a Fault of code "schema_too_new".
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Catalog, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = 8
	}
	d, err := dialectFor(cfg.URL)
	if err != nil {
		return nil, err
	}
	seal, err := newSealer(cfg.Secret)
	if err != nil {
		return nil, err
	}
	conns, handle, err := d.open(ctx, cfg, log)
	if err != nil {
		return nil, wrap(d.translate(err), "open")
	}
	c := &Catalog{cfg: cfg, log: log, sql: conns, gorm: handle, dialect: d, sealer: seal}
	c.close = sync.OnceValue(func() error { return d.close(conns) })
	if err := c.migrate(ctx); err != nil {
		return nil, errors.Join(c.fail(err, "migrate"), c.Close())
	}
	return c, nil
}

// Close closes the database. It may be called more than once.
func (c *Catalog) Close() error { return c.close() }

// Ping reports whether the database answers; models.ErrUnavailable if not.
func (c *Catalog) Ping(ctx context.Context) error {
	_, err := one[int](c.db(ctx), "SELECT 1")
	return c.fail(err, "ping")
}

func (c *Catalog) db(ctx context.Context) *gorm.DB { return c.gorm.WithContext(ctx) }

// inTx runs do in a transaction, which is rolled back when do returns an error.
// Where another transaction was in the way, do is run again. Whatever may go out
// changes in here only.
func (c *Catalog) inTx(ctx context.Context, do func(tx *gorm.DB) error) error {
	done, err := c.dialect.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	defer func() { // also after an error: a commit may be unsure
		c.roots.wrote()
		c.blocks.wrote()
		c.live.wrote()
	}()
	for tries := 1; ; tries++ {
		err := c.dialect.transaction(c.db(ctx), do)
		if err == nil || tries == txTries || !c.dialect.busy(err) {
			return err
		}
	}
}

// txTries is how often a transaction is run that others' transactions made fail.
const txTries = 5

// write runs one statement, which is a transaction of its own.
func (c *Catalog) write(ctx context.Context, query string, args ...any) error {
	done, err := c.dialect.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	return c.db(ctx).Exec(query, args...).Error
}

// writeOne is write for a statement that has to touch a row, else
// models.ErrNotFound.
func (c *Catalog) writeOne(ctx context.Context, query string, args ...any) error {
	done, err := c.dialect.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	return must(c.db(ctx), query, args...)
}

func (c *Catalog) now() int64 { return micros(c.cfg.Now()) }
