package keyvalue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

// change is one row to write or to remove.
type change struct {
	key   ds.Key
	value []byte
	gone  bool
}

// batch collects changes for one transaction. It belongs to one goroutine.
type batch struct {
	store   *Store
	changes []change
}

// Batch returns a set of changes that Commit makes all at once.
func (s *Store) Batch(context.Context) (ds.Batch, error) { return &batch{store: s}, nil }

// Put notes a value.
func (b *batch) Put(_ context.Context, key ds.Key, value []byte) error {
	b.changes = append(b.changes, change{key: key, value: value})
	return nil
}

// Delete notes a removal.
func (b *batch) Delete(_ context.Context, key ds.Key) error {
	b.changes = append(b.changes, change{key: key, gone: true})
	return nil
}

// Commit makes the changes, in their order, or none.
func (b *batch) Commit(ctx context.Context) error {
	changes := b.changes
	b.changes = nil
	return b.store.commit(ctx, changes)
}

func (s *Store) commit(ctx context.Context, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	s.write.Lock()
	defer s.write.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keyvalue: %w", err)
	}
	if err := apply(ctx, tx, changes); err != nil {
		return fmt.Errorf("keyvalue: %w", errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keyvalue: %w", err)
	}
	return nil
}

const (
	putRow    = "INSERT INTO rows (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
	removeRow = "DELETE FROM rows WHERE key = ?"
)

func apply(ctx context.Context, tx *sql.Tx, changes []change) (err error) {
	for _, c := range changes {
		if c.gone {
			_, err = tx.ExecContext(ctx, removeRow, c.key.String())
		} else {
			_, err = tx.ExecContext(ctx, putRow, c.key.String(), blob(c.value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// blob keeps an empty value from becoming NULL.
func blob(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}
