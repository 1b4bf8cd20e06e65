package catalog

import (
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// importer is a portableSink that writes rows in batches.
type importer struct {
	tx      *gorm.DB
	dialect dialect
	table   portableTable
	columns []string
	id      int // where a release's id stands among the columns, else -1
	values  []any
	bytes   int
}

// What a batch holds at most: rows, and bytes of their lines.
const (
	importRows  = 500
	importBytes = 1 << 20
)

func (i *importer) begin(table portableTable, columns []string, last int64) error {
	if err := i.flush(); err != nil {
		return err
	}
	i.table, i.columns, i.id = table, columns, -1
	if table.name == "releases" {
		if i.id = slices.Index(columns, "id"); i.id < 0 {
			return portableFault("releases have no id")
		}
		i.columns = append(slices.Clip(columns), "seq")
	}
	if !table.counts {
		return nil
	}
	return i.fault(i.dialect.setLastID(i.tx, table.name, last))
}

// row checks a release's id, which names folders where it is worked on.
func (i *importer) row(values []any, size int) error {
	i.values = append(i.values, values...)
	if i.id >= 0 {
		id, _ := values[i.id].(string)
		if !models.ValidTID(id) {
			return portableFault("a release's id is none")
		}
		i.values = append(i.values, seqOf(id))
	}
	i.bytes += size
	if len(i.values) < importRows*len(i.columns) && i.bytes < importBytes {
		return nil
	}
	return i.flush()
}

func (i *importer) flush() error {
	if len(i.values) == 0 {
		return nil
	}
	head := "INSERT INTO " + i.table.name + " (" + strings.Join(i.columns, ", ") + ")"
	err := insertRows(i.tx, head, "", len(i.columns), i.values)
	if err == nil && i.id >= 0 {
		err = i.index()
	}
	i.values, i.bytes = i.values[:0], 0
	return i.fault(err)
}

// index makes the releases of the batch findable.
func (i *importer) index() error {
	var ids []any
	for at := i.id; at < len(i.values); at += len(i.columns) {
		ids = append(ids, i.values[at])
	}
	return reindex(i.dialect, i.tx, "r.id IN ("+marks(len(ids))+")", ids...)
}

// fault calls an export corrupt whose rows the database refuses.
func (i *importer) fault(err error) error {
	err = translate(err, i.dialect.translate)
	if err == nil || errors.Is(err, models.ErrUnavailable) || errors.Is(err, models.ErrCorrupt) || i.tx.Statement.Context.Err() != nil {
		return err
	}
	return portableFault(err.Error())
}
