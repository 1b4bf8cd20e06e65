package catalog

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// snapshot begins as a reader, who keeps nobody from writing.
func (s *sqlite) snapshot(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	return db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
}

func (s *sqlite) lastID(ctx context.Context, tx *sql.Tx, table string) (last int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", table).Scan(&last)
	return last, err
}

func (s *sqlite) setLastID(tx *gorm.DB, table string, id int64) error {
	if err := tx.Exec("DELETE FROM sqlite_sequence WHERE name = ?", table).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, id).Error
}
