package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"gorm.io/gorm"

	"runnel/models"
)

// riverSQLite is River on the catalogue's own SQLite connections.
type riverSQLite struct {
	db     *sql.DB
	log    *slog.Logger
	insert *river.Client[*sql.Tx]
}

func (r *riverSQLite) init(db *sql.DB, log *slog.Logger) (err error) {
	r.db, r.log = db, log
	r.insert, err = river.NewClient(riversqlite.New(db), &river.Config{Logger: log})
	return err
}

func (r *riverSQLite) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(riversqlite.New(r.db), &rivermigrate.Config{Logger: quiet(r.log)})
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

// jobSchema returns the version of River's tables, 0 where there are none. River
// itself cannot read a version it does not know.
func (r *riverSQLite) jobSchema(ctx context.Context) (version int64, err error) {
	var tables int
	err = r.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'river_migration'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	// All of them: River's column line, which would tell its own apart, comes with
	// the fifth, and a kill may have left fewer.
	err = r.db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&version)
	return version, err
}

func (r *riverSQLite) enqueue(ctx context.Context, tx *gorm.DB, args ReleaseArgs, at time.Time) error {
	raw, ok := tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return fmt.Errorf("%w: a job was enqueued outside a transaction", models.ErrInvalid)
	}
	opts := &river.InsertOpts{MaxAttempts: 1}
	if at.After(time.Now()) { // River lets a job that names a time wait for its leader, however early the time
		opts.ScheduledAt = at
	}
	_, err := r.insert.InsertTx(ctx, raw, args, opts)
	return err
}

func (r *riverSQLite) runner(workers *river.Workers, cfg river.Config) (JobRunner, error) {
	cfg.Workers = workers
	return river.NewClient(riversqlite.New(r.db), &cfg)
}
