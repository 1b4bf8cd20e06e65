package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"

	"runnel/models"
)

// migrate brings the schema up to date. Each step is a transaction of its own
// that also records its version, so a kill leaves whole steps. Two processes may
// open a new database at once: the slower one then finds a table that was not
// there when it looked, and looks again.
func (c *Catalog) migrate(ctx context.Context) error {
	return patiently(ctx, func() (again bool, err error) {
		err = c.dialect.alone(ctx, func() error { return c.migrateOnce(ctx) })
		err = translate(err, c.dialect.translate)
		return !known(err) || errors.Is(err, models.ErrExists) || c.dialect.busy(err), err
	})
}

// patiently does something until it succeeds or says that trying again is of no
// use, for ten seconds at most.
func patiently(ctx context.Context, do func() (again bool, err error)) error {
	for tries := 0; ; tries++ {
		again, err := do()
		if err == nil || !again || tries == 200 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *Catalog) migrateOnce(ctx context.Context) error {
	dialect, files, err := c.dialect.migrations()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, c.sql, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return schemaTooNew(have, want)
	}
	if have < want {
		if _, err := p.Up(ctx); err != nil {
			return err
		}
		c.log.InfoContext(ctx, "catalogue migrated", "from", have, "to", want)
	}
	return c.dialect.migrateJobs(ctx)
}

func schemaTooNew(have, want int64) error {
	return models.NewFault(models.ErrInvalid, "schema_too_new", fmt.Sprintf(
		"The database was written by a newer Runnel (schema %d; this one knows %d): use that version, or restore a backup.", have, want))
}

// quiet keeps a library's progress out of the node's log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(atLeast{log.Handler(), slog.LevelWarn}) }

type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h atLeast) WithAttrs(as []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(as), h.level}
}

func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
