package catalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"runnel/models"
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// sqlite is the dialect of SQLite by modernc.org/sqlite, which needs no cgo.
type sqlite struct {
	riverSQLite
	path   string
	writer chan struct{}
}

func (s *sqlite) open(ctx context.Context, cfg Config, log *slog.Logger) (*sql.DB, *gorm.DB, error) {
	s.path = sqlitePath(cfg.URL)
	if err := createPrivate(s.path); err != nil && !errors.Is(err, models.ErrExists) {
		return nil, nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(s.path))
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(cfg.MaxConns)
	db.SetMaxIdleConns(cfg.MaxConns)
	if err := patiently(ctx, func() (bool, error) {
		err := db.PingContext(ctx)
		return s.busy(err), err
	}); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	handle, err := gorm.Open(gormsqlite.New(gormsqlite.Config{Conn: db}), &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // errors are returned, and statements may hold secrets' hashes
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	if err := s.riverSQLite.init(db, log); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, handle, nil
}

func sqlitePath(where string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(where, "sqlite:"), "file:"), "//")
}

// createPrivate creates an empty file that only this user can read: it will
// hold password hashes and sealed keys, and SQLite gives its log the same
// rights. It never opens a file that is there (models.ErrExists), because
// closing it would drop the locks that SQLite holds on it in this process.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return kind(models.ErrExists, err)
	case err != nil:
		return kind(models.ErrUnavailable, err)
	}
	return f.Close()
}

// sqliteDSN names the file and how each connection is set up: a write-ahead
// log, so that readers never wait for a writer; transactions that take the
// write lock at once, because an upgrade from reader to writer cannot wait; and
// synchronous=FULL, because what was acknowledged must survive power loss.
func sqliteDSN(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(20000)", "journal_mode(WAL)", "foreign_keys(1)", "synchronous(FULL)",
		"temp_store(MEMORY)", "cache_size(-16000)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func (s *sqlite) close(db *sql.DB) error { return db.Close() }

func (s *sqlite) migrations() (goose.Dialect, fs.FS, error) {
	files, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	return goose.DialectSQLite3, files, err
}

// alone lets others at it: SQLite's write lock makes the slower one look again.
func (s *sqlite) alone(_ context.Context, do func() error) error { return do() }

func (s *sqlite) turn(ctx context.Context) (func(), error) {
	select {
	case s.writer <- struct{}{}:
		return func() { <-s.writer }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *sqlite) transaction(db *gorm.DB, do func(tx *gorm.DB) error) error {
	return db.Transaction(do)
}

// forUpdate is empty: the transaction holds the only write lock already.
func (s *sqlite) forUpdate() string { return "" }

// check asks on a connection of its own: one that has searched before answers
// from an FTS5 structure that others' writes have made stale, and reports a
// checksum mismatch where there is none.
func (s *sqlite) check(ctx context.Context) (found []string, err error) {
	db, err := sql.Open("sqlite", sqliteDSN(s.path))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(100)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if text != "ok" {
			found = append(found, text)
		}
	}
	return found, rows.Err()
}

// queue does nothing: of transactions that write there is one at a time.
func (s *sqlite) queue(*gorm.DB) error { return nil }
