package catalog

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"runnel/models"
)

// portableSink takes what an export holds. Nothing of it may be kept unless
// readPortable ends without an error: the trailer comes last.
type portableSink interface {
	begin(table portableTable, columns []string, last int64) error
	row(values []any, size int) error
}

// portableReader reads an export line by line and checks it.
type portableReader struct {
	sink   portableSink
	schema int64 // the newest that is understood
	seen   map[string]int64
	next   int // the first table of portable that may still come
	table  string
	kinds  []string
}

// maxPortableLine bounds the memory that one line takes.
const maxPortableLine = 16 << 20

// readPortable reads an export up to its trailer, hands it to the sink and counts
// the rows of each table. What is cut short, changed or followed by anything is
// models.ErrCorrupt; what a newer Runnel wrote is a Fault of code
// "schema_too_new".
func readPortable(r io.Reader, schema int64, sink portableSink) (rows map[string]int64, err error) {
	p := &portableReader{sink: sink, schema: schema, seen: map[string]int64{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), maxPortableLine)
	lines.Split(wholeLines)
	sum := sha256.New()
	for n := 0; lines.Scan(); n++ {
		line := lines.Bytes()
		switch {
		case n == 0:
			err = p.header(line)
		case bytes.HasPrefix(line, []byte("[")):
			err = p.row(line)
		case bytes.HasPrefix(line, []byte(`{"rows"`)):
			if err := p.trailer(line, sum.Sum(nil)); err != nil || !lines.Scan() {
				return p.seen, errors.Join(err, readFault(lines.Err()))
			}
			return nil, portableFault("something follows the end")
		default:
			err = p.begin(line)
		}
		if err != nil {
			return nil, err
		}
		sum.Write(line)
		sum.Write([]byte("\n"))
	}
	return nil, errors.Join(portableFault("it is cut short"), readFault(lines.Err()))
}

func portableFault(text string) error {
	return fmt.Errorf("%w: the export cannot be read: %s", models.ErrCorrupt, text)
}

// readFault leaves to the caller what is the fault of whoever gives the bytes.
func readFault(err error) error {
	if errors.Is(err, bufio.ErrTooLong) || errors.Is(err, io.ErrUnexpectedEOF) {
		return portableFault(err.Error())
	}
	return err
}

// wholeLines is a bufio.SplitFunc for lines that all end with a line feed.
func wholeLines(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i:i], nil
	}
	if end && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

func strict(line []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return portableFault(err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return portableFault("a line holds two values")
	}
	return nil
}

func (p *portableReader) header(line []byte) error {
	var h portableHeader
	if err := strict(line, &h); err != nil {
		return err
	}
	switch {
	case h.Format != portableFormat:
		return portableFault("it is of another kind")
	case h.Version > portableVersion:
		return schemaTooNew(int64(h.Version), portableVersion)
	case h.Schema > p.schema:
		return schemaTooNew(h.Schema, p.schema)
	}
	return nil
}

// begin lets a table lack columns, as one of an older schema does, but not hold
// others.
func (p *portableReader) begin(line []byte) error {
	var start portableStart
	if err := strict(line, &start); err != nil {
		return err
	}
	at := slices.IndexFunc(portable[p.next:], func(t portableTable) bool { return t.name == start.Table })
	if at < 0 {
		return portableFault("a table is unknown or out of order")
	}
	table := portable[p.next+at]
	p.next += at + 1
	_, kinds := table.fields()
	p.table, p.kinds, p.seen[table.name] = table.name, nil, 0
	for _, name := range start.Columns {
		kind, ok := kinds[name]
		if !ok {
			return portableFault("a column is unknown or there twice")
		}
		delete(kinds, name)
		p.kinds = append(p.kinds, kind)
	}
	return p.sink.begin(table, start.Columns, start.Last)
}

func (p *portableReader) row(line []byte) error {
	var values []any
	if err := strict(line, &values); err != nil {
		return err
	}
	if p.table == "" || len(values) == 0 || len(values) != len(p.kinds) {
		return portableFault("a row does not fit its table")
	}
	for i, v := range values {
		parsed, err := parsePortable(p.kinds[i], v)
		if err != nil {
			return portableFault(err.Error())
		}
		values[i] = parsed
	}
	p.seen[p.table]++
	return p.sink.row(values, len(line))
}

func (p *portableReader) trailer(line, sum []byte) error {
	var t portableTrailer
	if err := strict(line, &t); err != nil {
		return err
	}
	if t.SHA256 != hex.EncodeToString(sum) || !maps.Equal(t.Rows, p.seen) {
		return portableFault("it was changed")
	}
	return nil
}
