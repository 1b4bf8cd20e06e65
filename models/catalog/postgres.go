package catalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"runnel/models"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// postgresConnect bounds how long a server that does not answer holds anyone up.
const postgresConnect = 5 * time.Second

// postgres is the dialect of PostgreSQL 13 and newer, by pgx.
type postgres struct{ riverPostgres }

func (p *postgres) open(ctx context.Context, cfg Config, log *slog.Logger) (*sql.DB, *gorm.DB, error) {
	parsed, err := pgx.ParseConfig(cfg.URL)
	if err != nil { // the error holds the URL, and that a password
		return nil, nil, models.NewFault(models.ErrInvalid, "database_url", "The database URL cannot be read.")
	}
	parsed.ConnectTimeout = postgresConnect
	for name, value := range map[string]string{
		"application_name": "runnel",
		"TimeZone":         "UTC",
		// What was acknowledged must survive power loss, whatever the server's default.
		"synchronous_commit": "on",
		// A process that hangs in mid-transaction must not hold its locks for ever.
		"idle_in_transaction_session_timeout": "60s",
	} {
		parsed.RuntimeParams[name] = value
	}
	db := stdlib.OpenDB(*parsed)
	db.SetMaxOpenConns(cfg.MaxConns)
	db.SetMaxIdleConns(cfg.MaxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	handle, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: db}), &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // errors are returned, and statements may hold secrets' hashes
	})
	if err == nil {
		err = db.PingContext(ctx)
	}
	if err == nil {
		err = p.riverPostgres.init(db, cfg.URL, log)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, handle, nil
}

// migrations makes processes that start together take turns, by an advisory
// lock that goes with its connection.
func (p *postgres) migrations() (goose.Dialect, fs.FS, []goose.ProviderOption, error) {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		return "", nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	return goose.DialectPostgres, files, []goose.ProviderOption{goose.WithSessionLocker(locker)}, err
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

func (p *postgres) forUpdate() string { return " FOR UPDATE" }

func (p *postgres) backup(context.Context, *sql.DB, string) error {
	return models.NewFault(models.ErrInvalid, "backup_elsewhere", "A PostgreSQL database is backed up with its own pg_dump.")
}

// check finds nothing: a server's files are its own to check.
func (p *postgres) check(context.Context) ([]string, error) { return nil, nil }
