package catalog

import (
	"database/sql/driver"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// one returns the first row of a query, or models.ErrNotFound.
func one[T any](db *gorm.DB, query string, args ...any) (T, error) {
	var none T
	rows, err := many[T](db, query, args...)
	if err != nil {
		return none, err
	}
	if len(rows) == 0 {
		return none, models.ErrNotFound
	}
	return rows[0], nil
}

// many returns every row of a query.
func many[T any](db *gorm.DB, query string, args ...any) ([]T, error) {
	var rows []T
	err := db.Raw(query, args...).Scan(&rows).Error
	return rows, err
}

// change runs a statement and returns how many rows it touched.
func change(db *gorm.DB, query string, args ...any) (int64, error) {
	res := db.Exec(query, args...)
	return res.RowsAffected, res.Error
}

// must runs a statement that has to touch a row, else models.ErrNotFound.
func must(db *gorm.DB, query string, args ...any) error {
	n, err := change(db, query, args...)
	if err == nil && n == 0 {
		return models.ErrNotFound
	}
	return err
}

// insertRows inserts values, width to a row, in statements of at most 500 rows.
// head is "INSERT INTO t (columns)", tail an ON CONFLICT clause or empty.
func insertRows(db *gorm.DB, head, tail string, width int, values []any) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
	for len(values) > 0 {
		n := min(len(values)/width, 500)
		query := head + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + " " + tail
		if err := db.Exec(query, values[:n*width]...).Error; err != nil {
			return err
		}
		values = values[n*width:]
	}
	return nil
}

// returning asks a statement for the columns it wrote; SQLite knows no alias
// there.
func returning(columns, alias string) string {
	return " RETURNING " + strings.ReplaceAll(columns, alias+".", "")
}

// blob is a value of a binary column. GORM would take a plain []byte in a VALUES
// list for a list of numbers.
type blob []byte

// Value implements driver.Valuer.
func (b blob) Value() (driver.Value, error) { return []byte(b), nil }

// mhOf is how blocks and roots are named in columns: by multihash, since
// Bitswap may ask for the same bytes under another codec.
func mhOf(c cid.Cid) blob { return blob(c.Hash()) }

// marks returns n placeholders for an IN list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// micros and instant convert between a time and its column; zero is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
