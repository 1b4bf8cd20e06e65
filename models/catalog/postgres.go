package catalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// postgres is the dialect of PostgreSQL 13 and newer, by pgx.
type postgres struct{ riverPostgres }

func (p *postgres) open(ctx context.Context, cfg Config, log *slog.Logger) (*sql.DB, *gorm.DB, error) {
	pool, err := postgresPool(cfg)
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	db.SetMaxOpenConns(max(cfg.MaxConns, 2)) // goose asks on one while another holds the lock
	handle, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: db}), &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // errors are returned, and statements may hold secrets' hashes
	})
	if err == nil {
		err = db.PingContext(ctx)
	}
	if err == nil {
		err = p.riverPostgres.init(db, pool, log)
	}
	if err != nil {
		err = errors.Join(err, db.Close())
		pool.Close()
		return nil, nil, err
	}
	return db, handle, nil
}

// close ends the pool under the handle too, once a River client that still
// listens on it has stopped.
func (p *postgres) close(db *sql.DB) error {
	err := db.Close()
	p.pool.Close()
	return err
}

func (p *postgres) migrations() (goose.Dialect, fs.FS, error) {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	return goose.DialectPostgres, files, err
}

// migrationLock is "runnel" in ASCII, as the key of an advisory lock.
const migrationLock = 0x72756e6e656c

// alone makes processes that start together take turns, by an advisory lock that
// goes with its connection.
func (p *postgres) alone(ctx context.Context, do func() error) error {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	err = do()
	_, unlock := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
	return errors.Join(err, unlock)
}

// turn never waits: PostgreSQL has as many writers as connections.
func (p *postgres) turn(ctx context.Context) (func(), error) { return func() {}, ctx.Err() }

// transaction pins the connection, so that a River job can be enqueued by pgx in
// the midst of a transaction of database/sql.
func (p *postgres) transaction(db *gorm.DB, do func(tx *gorm.DB) error) error {
	return db.Connection(func(conn *gorm.DB) error {
		var under *pgx.Conn
		raw, ok := conn.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return errors.New("a transaction within a transaction")
		}
		if err := raw.Raw(func(c any) error { under = c.(*stdlib.Conn).Conn(); return nil }); err != nil {
			return err
		}
		return conn.WithContext(context.WithValue(conn.Statement.Context, pinned{}, under)).Transaction(do)
	})
}

// storageLock names the advisory lock under which what is kept is counted: who
// waits for it sees what the one before has promised.
const storageLock = 0x72756e6e656c0001

func (p *postgres) queue(tx *gorm.DB) error {
	return tx.Exec("SELECT pg_advisory_xact_lock(?)", int64(storageLock)).Error
}

func (p *postgres) forUpdate() string { return " FOR UPDATE" }

// check finds nothing: a server's files are its own to check.
func (p *postgres) check(context.Context) ([]string, error) { return nil, nil }
