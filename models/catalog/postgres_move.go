package catalog

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"
)

// snapshot lets whoever reads take as long as they like.
func (p *postgres) snapshot(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

func (p *postgres) lastID(ctx context.Context, tx *sql.Tx, table string) (last int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT last_value FROM pg_sequences
		WHERE format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence($1, 'id')), 0)`, table).Scan(&last)
	return last, err
}

func (p *postgres) setLastID(tx *gorm.DB, table string, id int64) error {
	if id == 0 {
		return nil
	}
	return tx.Exec("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", table, id).Error
}
