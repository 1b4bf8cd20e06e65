package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// fail translates an error of the database and wraps it for the border of the
// package; nil stays nil.
func (c *Catalog) fail(err error, format string, args ...any) error {
	return wrap(translate(err, c.dialect.translate), format, args...)
}

// wrap adds the package's name and the subject.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("catalog: %s: %w", fmt.Sprintf(format, args...), err)
}

// translate turns what database/sql and GORM say into the sentinels of models,
// and leaves the rest to the engine's own translator.
func translate(err error, engine func(error) error) error {
	switch {
	case err == nil, known(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, gorm.ErrRecordNotFound):
		return models.ErrNotFound
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn),
		strings.Contains(err.Error(), "sql: database is closed"): // database/sql does not export this one
		return kind(models.ErrUnavailable, err)
	}
	return engine(err)
}

func known(err error) bool {
	for _, s := range []error{models.ErrNotFound, models.ErrExists, models.ErrInvalid,
		models.ErrTooLarge, models.ErrCorrupt, models.ErrUnavailable} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

func kind(sentinel, err error) error { return fmt.Errorf("%w: %w", sentinel, err) }
