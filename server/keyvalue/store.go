package keyvalue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"

	ds "github.com/ipfs/go-datastore"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Store is a datastore in one file. Its methods may be called from several
// goroutines; a row is there for other readers once Put has returned.
type Store struct {
	db    *sql.DB
	write sync.Mutex // one writer at a time, so that none has to wait in SQLite
}

var _ ds.Batching = (*Store)(nil)

const schema = `CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`

// Open opens the file at path, or makes it. The caller closes the Store.
func Open(ctx context.Context, path string) (*Store, error) {
	// NORMAL loses the last rows with the machine's power, never the file; all
	// rows can be had again.
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-2000)", "journal_size_limit(4194304)",
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("keyvalue: %w", err)
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("keyvalue: open %s: %w", path, errors.Join(err, db.Close()))
	}
	return &Store{db: db}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Sync does nothing: what was written survives the program.
func (s *Store) Sync(context.Context, ds.Key) error { return nil }

// Get returns the value of key, or ds.ErrNotFound.
func (s *Store) Get(ctx context.Context, key ds.Key) (value []byte, err error) {
	err = s.one(ctx, &value, "SELECT value FROM rows WHERE key = ?", key)
	return value, err
}

// GetSize returns the length of key's value in bytes, or -1 and ds.ErrNotFound.
func (s *Store) GetSize(ctx context.Context, key ds.Key) (int, error) {
	size := -1
	err := s.one(ctx, &size, "SELECT length(value) FROM rows WHERE key = ?", key)
	return size, err
}

// Has reports whether key has a value.
func (s *Store) Has(ctx context.Context, key ds.Key) (bool, error) {
	_, err := s.GetSize(ctx, key)
	if errors.Is(err, ds.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) one(ctx context.Context, out any, query string, key ds.Key) error {
	err := s.db.QueryRowContext(ctx, query, key.String()).Scan(out)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ds.ErrNotFound
	case err != nil:
		return fmt.Errorf("keyvalue: %s: %w", key, err)
	}
	return nil
}

// Put sets the value of key.
func (s *Store) Put(ctx context.Context, key ds.Key, value []byte) error {
	return s.commit(ctx, []change{{key: key, value: value}})
}

// Delete removes key; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, key ds.Key) error {
	return s.commit(ctx, []change{{key: key, gone: true}})
}
