package catalog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"runnel/models"
)

// pinned is the key of the connection under a transaction.
type pinned struct{}

// joined is a connection in a transaction that somebody else ends.
type joined struct{ conn *pgx.Conn }

// Begin is not offered: inserting needs no transaction within the transaction.
func (j joined) Begin(context.Context) (pgx.Tx, error) {
	return nil, fmt.Errorf("catalog: a transaction within a transaction: %w", models.ErrInvalid)
}

// Commit leaves the end to whoever began.
func (j joined) Commit(context.Context) error { return nil }

// Rollback leaves the end to whoever began.
func (j joined) Rollback(context.Context) error { return nil }

// CopyFrom copies rows on the connection.
func (j joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return j.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch sends a batch on the connection.
func (j joined) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return j.conn.SendBatch(ctx, b)
}

// LargeObjects returns none: River has no use for them.
func (j joined) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare prepares a statement on the connection.
func (j joined) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return j.conn.Prepare(ctx, name, sql)
}

// Exec runs a statement on the connection.
func (j joined) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return j.conn.Exec(ctx, sql, args...)
}

// Query runs a query on the connection.
func (j joined) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return j.conn.Query(ctx, sql, args...)
}

// QueryRow runs a query of one row on the connection.
func (j joined) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.conn.QueryRow(ctx, sql, args...)
}

// Conn returns the connection.
func (j joined) Conn() *pgx.Conn { return j.conn }
