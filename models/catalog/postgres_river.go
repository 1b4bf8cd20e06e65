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

// riverPostgres is River on the catalogue's connections.
type riverPostgres struct {
	db     *sql.DB
	pool   *pgxpool.Pool
	log    *slog.Logger
	insert *river.Client[pgx.Tx]
}

// riverConns is how many connections River's own work may take beside the
// catalogue's: one waits for notices, the others fetch.
const riverConns = 4

func (r *riverPostgres) init(db *sql.DB, pool *pgxpool.Pool, log *slog.Logger) (err error) {
	r.db, r.pool, r.log = db, pool, log
	r.insert, err = river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: log})
	return err
}

func (r *riverPostgres) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(riverpgxv5.New(r.pool), &rivermigrate.Config{Logger: quiet(r.log)})
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
	// All of them: River's column line, which would tell its own apart, comes with
	// the fifth, and a kill may have left fewer.
	err = r.db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&version)
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
	cfg.Workers = workers
	return river.NewClient(riverpgxv5.New(r.pool), &cfg)
}
