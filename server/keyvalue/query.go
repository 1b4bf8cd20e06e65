package keyvalue

import (
	"context"
	"database/sql"
	"fmt"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// page is how many rows are read at a time: no transaction stays open while the
// caller works on them.
const page = 512

// Query returns the rows below a prefix. The prefix itself is no row of it, as
// go-datastore has it; rows that change meanwhile may or may not be seen.
func (s *Store) Query(ctx context.Context, q query.Query) (query.Results, error) {
	prefix := ds.NewKey(q.Prefix).String()
	if prefix != "/" {
		prefix += "/"
	}
	rows := &cursor{ctx: ctx, db: s.db, after: prefix, end: above(prefix), keysOnly: q.KeysOnly && !q.ReturnsSizes}
	results := query.ResultsFromIterator(q, query.Iterator{Next: rows.next, Close: func() error { return nil }})
	return query.NaiveQueryApply(query.Query{Filters: q.Filters, Orders: q.Orders, Offset: q.Offset, Limit: q.Limit}, results), nil
}

// above returns the smallest key that no key below prefix reaches.
func above(prefix string) string {
	return prefix[:len(prefix)-1] + string(prefix[len(prefix)-1]+1)
}

// cursor walks the rows between two keys.
type cursor struct {
	ctx        context.Context
	db         *sql.DB
	after, end string
	keysOnly   bool

	read []query.Entry
	last bool
}

func (c *cursor) next() (query.Result, bool) {
	if len(c.read) == 0 && !c.last {
		if err := c.fill(); err != nil {
			c.last = true
			return query.Result{Error: fmt.Errorf("keyvalue: %w", err)}, true
		}
	}
	if len(c.read) == 0 {
		return query.Result{}, false
	}
	entry := c.read[0]
	c.read = c.read[1:]
	return query.Result{Entry: entry}, true
}

func (c *cursor) fill() error {
	columns := "key, length(value), value"
	if c.keysOnly {
		columns = "key, length(value), NULL"
	}
	rows, err := c.db.QueryContext(c.ctx, "SELECT "+columns+" FROM rows WHERE key > ? AND key < ? ORDER BY key LIMIT ?", c.after, c.end, page)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var entry query.Entry
		if err := rows.Scan(&entry.Key, &entry.Size, &entry.Value); err != nil {
			return err
		}
		c.read = append(c.read, entry)
		c.after = entry.Key
	}
	c.last = len(c.read) < page
	return rows.Err()
}
