package catalog

import (
	"strings"

	"runnel/models"
)

// listing is the query of a page of releases.
type listing struct {
	from, order string
	where       []string
	args        []any
}

func (l *listing) add(condition string, values ...any) {
	l.where, l.args = append(l.where, condition), append(l.args, values...)
}

// text returns the query; its last argument is how many rows it may return.
func (l *listing) text() string {
	return "SELECT " + releaseColumns + " FROM " + l.from + releaseJoins +
		" WHERE " + strings.Join(l.where, " AND ") + " ORDER BY " + l.order + " DESC LIMIT ?"
}

// listing returns the query of a filter, false where no release can match.
func (c *Catalog) listing(f Filter) (*listing, bool) {
	l := &listing{from: "releases r", order: "r.id"}
	if strings.TrimSpace(f.Query) != "" {
		list := words(f.Query)
		if len(list) == 0 {
			return nil, false
		}
		s := c.dialect.search(list)
		l.from, l.order = s.from, s.order
		l.add(s.condition, s.arg)
	}
	l.scope(f)
	if f.Kind != "" {
		l.add("r.kind = ?", string(f.Kind))
	}
	if f.Channel != "" {
		l.add("r.channel_id = ?", f.Channel)
	}
	if len(f.States) > 0 {
		l.states(f.States)
	}
	switch {
	case f.Cursor != "" && l.order == "r.id":
		l.add("r.id < ?", f.Cursor)
	case f.Cursor != "":
		l.add(l.order+" < ?", seqOf(f.Cursor))
	}
	return l, true
}

func (l *listing) scope(f Filter) {
	switch {
	case f.Scope == ScopeAll:
		l.add("1 = 1")
	case f.Scope == ScopeMine:
		l.add("r.account_id = ?", f.Viewer)
	case f.Scope == ScopeVisible && f.Viewer != 0:
		l.add("("+listed+" OR r.account_id = ?)", f.Viewer)
	default:
		l.add(listed)
	}
}

func (l *listing) states(states []models.State) {
	values := make([]any, len(states))
	for i, s := range states {
		values[i] = string(s)
	}
	l.add("r.state IN ("+marks(len(values))+")", values...)
}
