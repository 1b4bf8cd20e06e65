package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"runnel/models"
)

// dialect is all in which one engine differs from another. Everything else in
// this package is SQL that both read alike.
type dialect interface {
	open(ctx context.Context, cfg Config, log *slog.Logger) (*sql.DB, *gorm.DB, error)
	// turn waits until this process may write; done ends the turn. An engine
	// with one writer at a time queues them here, in order, where they hold no
	// connection that a reader could use.
	turn(ctx context.Context) (done func(), err error)
	// transaction runs do in one, on which enqueue works.
	transaction(db *gorm.DB, do func(tx *gorm.DB) error) error
	close(db *sql.DB) error
	// migrations returns the goose dialect and the embedded files.
	migrations() (goose.Dialect, fs.FS, error)
	// alone runs do while no other process that starts migrates.
	alone(ctx context.Context, do func() error) error
	// migrateJobs brings River's tables up to date.
	migrateJobs(ctx context.Context) error
	// enqueue inserts a River job in the catalogue's own transaction; a zero
	// time is at once.
	enqueue(ctx context.Context, tx *gorm.DB, args ReleaseArgs, at time.Time) error
	// runner returns a client that works River's jobs.
	runner(workers *river.Workers, cfg river.Config) (JobRunner, error)
	// queue lets one transaction at a time pass, until it ends.
	queue(tx *gorm.DB) error
	// forUpdate ends a SELECT whose row the transaction goes on to change.
	forUpdate() string
	// index renews the full text of the releases that the condition names.
	index(tx *gorm.DB, condition string, args ...any) error
	// unindex removes the full text of one release.
	unindex(tx *gorm.DB, seq int64) error
	// search finds the releases in whose text every word begins a word and whose
	// seq is below before: ways to ask, of which the next is needed only where the
	// one before it has not filled the page.
	search(words []string, before int64) []search
	// snapshot begins a transaction that reads the database as it is now.
	snapshot(ctx context.Context, db *sql.DB) (*sql.Tx, error)
	// lastID returns the highest id that a table has ever given out, 0 for none.
	lastID(ctx context.Context, tx *sql.Tx, table string) (int64, error)
	// setLastID makes a table count on from an id.
	setLastID(tx *gorm.DB, table string, id int64) error
	translate(err error) error
	// busy reports whether another process was in the way for a moment.
	busy(err error) bool
	// check returns what the engine itself finds wrong with its file.
	check(ctx context.Context) ([]string, error)
}

// search is how an engine walks its full text, newest release first: what takes
// the place of "releases r" in a FROM clause, the condition with its arguments,
// and what the rows are ordered by, which is releases.seq.
type search struct {
	from, condition, order string
	args                   []any
}

func dialectFor(url string) (dialect, error) {
	scheme, _, found := strings.Cut(url, "://")
	switch {
	case url == "":
		return nil, fmt.Errorf("catalog: %w", models.NewFault(models.ErrInvalid, "database_url", "The database URL is empty."))
	case scheme == "postgres" || scheme == "postgresql":
		return &postgres{}, nil
	case found && scheme != "sqlite" && scheme != "file":
		return nil, fmt.Errorf("catalog: %w", models.NewFault(models.ErrInvalid, "database_url",
			"The database URL must begin with sqlite: or postgres://, or be the path of a file."))
	}
	return &sqlite{writer: make(chan struct{}, 1)}, nil
}
