package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"gorm.io/gorm"

	"runnel/models"
)

// riverPostgres is River on the catalogue's database. Jobs are inserted on the
// catalogue's own connections; River's driver reads on a pool of its own.
type riverPostgres struct {
	db     *sql.DB
	url    string
	log    *slog.Logger
	insert *river.Client[pgx.Tx]
}

// riverConns is how many connections River's own work takes at most: one waits
// for notices, the others fetch.
const riverConns = 4

func (r *riverPostgres) init(db *sql.DB, url string, log *slog.Logger) (err error) {
	r.db, r.url, r.log = db, url, log
	r.insert, err = river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: log})
	return err
}

func (r *riverPostgres) pool() (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(r.url)
	if err != nil { // the error holds the URL, and that a password
		return nil, models.NewFault(models.ErrInvalid, "database_url", "The database URL cannot be read.")
	}
	cfg.MaxConns = riverConns
	cfg.ConnConfig.ConnectTimeout = postgresConnect
	return pgxpool.NewWithConfig(context.Background(), cfg) // dials when it is used; Close ends it
}

func (r *riverPostgres) migrateJobs(ctx context.Context) error {
	pool, err := r.pool()
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet(r.log)})
	if err != nil {
		return err
	}
	have, err := r.jobSchema(ctx)
	if err != nil {
		return err
	}
	all := m.AllVersions()
	switch want := int64(all[len(all)-1].Version); {
	case have > want:
		return schemaTooNew(have, want)
	case have == want:
		return nil
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// jobSchema returns the version of River's tables, 0 where there are none.
func (r *riverPostgres) jobSchema(ctx context.Context) (version int64, err error) {
	var there bool
	err = r.db.QueryRowContext(ctx, "SELECT to_regclass('river_migration') IS NOT NULL").Scan(&there)
	if err != nil || !there {
		return 0, err
	}
	err = r.db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM river_migration WHERE line = 'main'").Scan(&version)
	return version, err
}

func (r *riverPostgres) enqueue(ctx context.Context, tx *gorm.DB, args ReleaseArgs, at time.Time) error {
	conn, ok := tx.Statement.Context.Value(pinned{}).(*pgx.Conn)
	if !ok {
		return fmt.Errorf("%w: a job was enqueued outside a transaction", models.ErrInvalid)
	}
	opts := &river.InsertOpts{MaxAttempts: 1}
	if at.After(time.Now()) {
		opts.ScheduledAt = at
	}
	_, err := r.insert.InsertTx(ctx, joined{conn}, args, opts)
	return err
}

func (r *riverPostgres) runner(workers *river.Workers, cfg river.Config) (JobRunner, error) {
	pool, err := r.pool()
	if err != nil {
		return nil, err
	}
	cfg.Workers = workers
	client, err := river.NewClient(riverpgxv5.New(pool), &cfg)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &pooled{client, pool}, nil
}

// pooled is a River client that gives its connections back when it stops.
type pooled struct {
	*river.Client[pgx.Tx]
	pool *pgxpool.Pool
}

// Stop fetches no more and waits for those that run.
func (p *pooled) Stop(ctx context.Context) error { return p.closed(p.Client.Stop(ctx)) }

// StopAndCancel also cancels the contexts of those that run.
func (p *pooled) StopAndCancel(ctx context.Context) error {
	return p.closed(p.Client.StopAndCancel(ctx))
}

func (p *pooled) closed(err error) error {
	if err == nil {
		p.pool.Close()
	}
	return err
}
