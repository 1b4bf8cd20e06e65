package catalog

import (
	"errors"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"runnel/models"
)

// busy is what SQLite answers at once, whatever the timeout, where waiting could
// never end: two connections that both turn a new file into one with a log.
func (s *sqlite) busy(err error) bool {
	var e *modernc.Error
	return errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_BUSY || e.Code()&0xff == lib.SQLITE_LOCKED)
}

// translate reads SQLite's extended result codes
// (https://www.sqlite.org/rescode.html).
func (s *sqlite) translate(err error) error {
	var e *modernc.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return kind(models.ErrExists, err)
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return kind(models.ErrNotFound, err)
	case lib.SQLITE_CONSTRAINT_CHECK, lib.SQLITE_CONSTRAINT_NOTNULL:
		return kind(models.ErrInvalid, err)
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_FULL, lib.SQLITE_CANTOPEN,
		lib.SQLITE_READONLY, lib.SQLITE_INTERRUPT, lib.SQLITE_NOMEM, lib.SQLITE_PROTOCOL:
		return kind(models.ErrUnavailable, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return kind(models.ErrCorrupt, err)
	case lib.SQLITE_TOOBIG:
		return kind(models.ErrTooLarge, err)
	}
	return err
}
