package catalog

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Export writes the catalogue as it is at one moment, while it is in use, in a
// form that Import reads into either engine: lines of JSON under a header with
// the schema's version, and a trailer with the number of rows and the SHA-256 of
// all of it. It holds one row in memory at a time. Sessions are left out.
//
// Channel keys stay sealed with the node's secret: without the same Config.Secret
// the new catalogue cannot sign. Password hashes and private releases are in it
// too, so it is to be kept as safe as the database.
func (c *Catalog) Export(ctx context.Context, w io.Writer) error {
	tx, err := c.dialect.snapshot(ctx, c.sql)
	if err != nil {
		return c.fail(err, "export")
	}
	out := newPortableWriter(w)
	err = c.export(ctx, tx, out)
	if err == nil {
		err = out.end()
	}
	return c.fail(errors.Join(err, tx.Rollback()), "export")
}

func (c *Catalog) export(ctx context.Context, tx *sql.Tx, out *portableWriter) error {
	schema, err := schemaOf(ctx, tx)
	if err != nil {
		return err
	}
	if err := out.line(portableHeader{portableFormat, portableVersion, schema}); err != nil {
		return err
	}
	for _, table := range portable {
		if err := c.exportTable(ctx, tx, out, table); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return nil
}

func (c *Catalog) exportTable(ctx context.Context, tx *sql.Tx, out *portableWriter, table portableTable) (err error) {
	names, kinds := table.fields()
	start := portableStart{Table: table.name, Columns: names}
	if table.counts {
		if start.Last, err = c.dialect.lastID(ctx, tx, table.name); err != nil {
			return err
		}
	}
	if err := out.line(start); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+table.name+" ORDER BY "+table.order)
	if err != nil {
		return err
	}
	defer rows.Close()
	out.rows[table.name] = 0
	for rows.Next() {
		values := make([]any, len(names))
		for i, name := range names {
			values[i] = newPortableValue(kinds[name])
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		if err := out.line(values); err != nil {
			return err
		}
		out.rows[table.name]++
	}
	return rows.Err()
}

// schemaOf returns the version of the catalogue's own tables.
func schemaOf(ctx context.Context, tx interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (version int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

type portableWriter struct {
	out    *bufio.Writer
	hash   hash.Hash
	encode *json.Encoder
	rows   map[string]int64
}

func newPortableWriter(w io.Writer) *portableWriter {
	p := &portableWriter{out: bufio.NewWriterSize(w, 1<<16), hash: sha256.New(), rows: map[string]int64{}}
	p.encode = json.NewEncoder(io.MultiWriter(p.out, p.hash))
	p.encode.SetEscapeHTML(false)
	return p
}

func (p *portableWriter) line(v any) error { return p.encode.Encode(v) }

func (p *portableWriter) end() error {
	err := p.line(portableTrailer{p.rows, hex.EncodeToString(p.hash.Sum(nil))})
	return errors.Join(err, p.out.Flush())
}
