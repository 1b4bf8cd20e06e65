package catalog

import (
	"context"

	"runnel/models"
)

// Scope says whose releases a list shows.
type Scope string

// The scopes of a list. All is for moderators.
const (
	ScopeVisible Scope = ""       // listed ones, and the viewer's own
	ScopePublic  Scope = "public" // listed ones
	ScopeMine    Scope = "mine"   // the viewer's own, in every state
	ScopeAll     Scope = "all"    // every release of this node
)

// Filter says which releases a list shows; zero fields do not restrict it.
type Filter struct {
	Query   string // words that title, description, tags or channel have to contain, each as a beginning
	Kind    models.Kind
	Channel string // k51…
	Tag     string
	// Channels are some to choose from, and Followed the account whose followed
	// channels are; both keep to what is listed.
	Channels []string
	Followed int64
	Viewer   int64 // the account that asks; 0 for a visitor
	Scope    Scope
	States   []models.State
	Cursor   string // where the last page ended
	Limit    int    // 0: 50; at most 500
}

// listed must stand in the query as it stands in the index releases_listed.
const listed = "r.state = 'final' AND r.standing = 'good' AND r.visibility = 'public'"

// Releases returns a page of releases, newest first, and the cursor of the next
// page, empty on the last. models.ErrInvalid for a cursor it did not give out.
func (c *Catalog) Releases(ctx context.Context, f Filter) (items []models.Release, next string, err error) {
	if f.Cursor != "" && !models.ValidTID(f.Cursor) {
		return nil, "", wrap(models.NewFault(models.ErrInvalid, "cursor", "The cursor is not one of this list."), "releases")
	}
	f.Limit = clampLimit(f.Limit)
	var rows []releaseRow
	for _, q := range c.listings(f) {
		if rows, err = many[releaseRow](c.db(ctx), q.text(), append(q.args, f.Limit+1)...); err != nil {
			return nil, "", c.fail(err, "releases")
		}
		if len(rows) > f.Limit {
			break
		}
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = rows[len(rows)-1].ID
	}
	items = make([]models.Release, len(rows))
	for i, r := range rows {
		if items[i], err = r.model(); err != nil {
			return nil, "", wrap(err, "releases")
		}
	}
	return items, next, nil
}
