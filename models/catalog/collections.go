package catalog

import (
	"context"
	"strings"
	"time"

	"runnel/models"
)

type collectionRow struct {
	ID          string
	AccountID   int64
	ChannelID   string
	ByName      string
	Kind        string
	Title       string
	Description string
	Visibility  string
	Version     int64
	CreatedAt   int64
	UpdatedAt   int64
	Items       int
	Cover       string
}

func (r collectionRow) model() models.Collection {
	return models.Collection{ID: r.ID, AccountID: r.AccountID, ChannelID: r.ChannelID, ByName: r.ByName, Kind: models.CollectionKind(r.Kind),
		Title: r.Title, Description: r.Description, Visibility: models.Visibility(r.Visibility), Version: r.Version,
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt), Items: r.Items, Cover: r.Cover}
}

// shown is the condition under which a collection k shows a release r to an
// account, its argument. What is unlisted would be listed by a public collection.
const shown = `(r.state = 'final' AND r.standing = 'good' AND (r.visibility = 'public' OR r.visibility = 'unlisted' AND k.visibility <> 'public')
	OR r.account_id = ?)`

// itemsOf names the releases r that a collection k shows.
const itemsOf = "FROM collection_items i JOIN releases r ON r.id = i.release_id WHERE i.collection_id = k.id AND " + shown

// selectCollections has two arguments, both the account that asks. What is in a
// list is counted up to 1,000.
const selectCollections = `SELECT k.id, k.account_id, coalesce(k.channel_id, '') AS channel_id, coalesce(c.name, a.name) AS by_name, k.kind,
	k.title, k.description, k.visibility, k.version, k.created_at, k.updated_at,
	(SELECT count(*) FROM (SELECT 1 ` + itemsOf + ` LIMIT 1000) AS counted) AS items,
	coalesce((SELECT r.id ` + itemsOf + ` AND r.poster <> '' ORDER BY i.position LIMIT 1), '') AS cover
	FROM collections k JOIN accounts a ON a.id = k.account_id LEFT JOIN channels c ON c.id = k.channel_id`

// Collection returns one collection with what viewer, an account or 0, may see
// of it. Whether they may see the collection is the caller's to decide.
func (c *Catalog) Collection(ctx context.Context, id string, viewer int64) (models.Collection, error) {
	row, err := one[collectionRow](c.db(ctx), selectCollections+" WHERE k.id = ?", viewer, viewer, id)
	if err != nil {
		return models.Collection{}, c.fail(err, "collection %q", id)
	}
	sum, err := one[struct{ Items, Duration int64 }](c.db(ctx),
		"SELECT count(*) AS items, CAST(coalesce(sum(r.duration), 0) AS BIGINT) AS duration FROM collections k, collection_items i, releases r"+
			" WHERE k.id = ? AND i.collection_id = k.id AND r.id = i.release_id AND "+shown, id, viewer)
	m := row.model()
	m.Items, m.Duration = int(sum.Items), time.Duration(sum.Duration)
	return m, c.fail(err, "collection %q", id)
}

// CollectionFilter says which collections a list shows; zero fields do not
// restrict it.
type CollectionFilter struct {
	Kind    models.CollectionKind
	Channel string // k51…
	Holds   string // the id of a release
	Viewer  int64  // the account that asks; 0 for a visitor
	Mine    bool   // the viewer's own; else what is public
	Cursor  string // where the last page ended
	Limit   int    // 0: 50; at most 500
}

// Collections returns a page of collections, newest first, and the cursor of the
// next page, empty on the last.
func (c *Catalog) Collections(ctx context.Context, f CollectionFilter) (items []models.Collection, next string, err error) {
	f.Limit = clampLimit(f.Limit)
	where, args := []string{"k.visibility = 'public'"}, []any{f.Viewer, f.Viewer}
	if f.Mine {
		where, args = []string{"k.account_id = ?"}, append(args, f.Viewer)
	}
	for _, cond := range []struct{ text, value string }{
		{"k.kind = ?", string(f.Kind)}, {"k.channel_id = ?", f.Channel}, {"k.id < ?", f.Cursor},
		{"EXISTS (SELECT 1 FROM collection_items h WHERE h.collection_id = k.id AND h.release_id = ?)", f.Holds},
	} {
		if cond.value != "" {
			where, args = append(where, cond.text), append(args, cond.value)
		}
	}
	rows, err := many[collectionRow](c.db(ctx), selectCollections+" WHERE "+strings.Join(where, " AND ")+" ORDER BY k.id DESC LIMIT ?", append(args, f.Limit+1)...)
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = rows[f.Limit-1].ID
	}
	return mapped(rows, collectionRow.model), next, c.fail(err, "collections")
}
