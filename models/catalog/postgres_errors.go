package catalog

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"runnel/models"
)

// busy is what PostgreSQL answers to one of two transactions that wait for each
// other, or that cannot both be.
func (p *postgres) busy(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// translate reads SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func (p *postgres) translate(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return p.translateConnection(err)
	}
	switch e.Code {
	case "23505", "42P07": // unique violation; a table that another process has just made
		return kind(models.ErrExists, err)
	case "23503":
		return kind(models.ErrNotFound, err)
	case "23502", "23514", "22021", "22P05": // not null, check, characters that text cannot hold
		return kind(models.ErrInvalid, err)
	case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
		return kind(models.ErrUnavailable, err)
	case "XX001", "XX002": // damaged data, damaged index
		return kind(models.ErrCorrupt, err)
	}
	switch e.Code[:2] {
	case "08", "28", "3D", "53", "57", "58": // connection, access, no database, resources, operator, system
		return kind(models.ErrUnavailable, err)
	case "54":
		return kind(models.ErrTooLarge, err)
	}
	return err
}

func (p *postgres) translateConnection(err error) error {
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) {
		return kind(models.ErrUnavailable, err)
	}
	return err
}
