package catalog

import (
	"math"
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

// listings returns the queries of a filter, of which the next is needed only
// where the one before it has not filled the page; none where no release can
// match.
func (c *Catalog) listings(f Filter) []*listing {
	if strings.TrimSpace(f.Query) == "" {
		if f.Tag != "" {
			return []*listing{tagged(f)}
		}
		l := &listing{from: "releases r", order: "r.id"}
		if f.Cursor != "" {
			l.add("r.id < ?", f.Cursor)
		}
		l.filter(f)
		return []*listing{l}
	}
	list := words(f.Query)
	if len(list) == 0 {
		return nil
	}
	before := int64(math.MaxInt64)
	if f.Cursor != "" {
		before = seqOf(f.Cursor)
	}
	return mapped(c.dialect.search(list, before), func(s search) *listing {
		l := &listing{from: s.from, order: s.order}
		l.add(s.condition, s.args...)
		if f.Tag != "" {
			l.add("r.seq IN (SELECT x.seq FROM release_tags x WHERE x.tag = ?)", foldTag(f.Tag))
		}
		l.filter(f)
		return l
	})
}

// tagged walks the releases of a tag, newest first.
func tagged(f Filter) *listing {
	l := &listing{from: "release_tags x JOIN releases r ON r.seq = x.seq", order: "x.seq"}
	l.add("x.tag = ?", foldTag(f.Tag))
	if f.Cursor != "" {
		l.add("x.seq < ?", seqOf(f.Cursor))
	}
	l.filter(f)
	return l
}

func (l *listing) filter(f Filter) {
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
	l.listener(f)
}

// listener restricts a list to what a listener chose.
func (l *listing) listener(f Filter) {
	if len(f.Channels) > 0 {
		values := make([]any, len(f.Channels))
		for i, c := range f.Channels {
			values[i] = c
		}
		l.add("r.channel_id IN ("+marks(len(values))+")", values...)
	}
	if f.Followed != 0 {
		l.add("r.channel_id IN (SELECT w.channel_id FROM follows w WHERE w.account_id = ?)", f.Followed)
	}
}

func (l *listing) scope(f Filter) {
	switch {
	case f.Scope == ScopeAll:
		l.add("r.replaces = ''")
	case f.Scope == ScopeMine:
		l.add("r.account_id = ? AND r.replaces = ''", f.Viewer)
	case f.Scope == ScopeVisible && f.Viewer != 0:
		l.add("("+listed+" OR r.account_id = ? AND r.replaces = '')", f.Viewer)
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
