package catalog

import (
	"context"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"runnel/models"
)

// positionGap is the room between two releases of a fresh order: twenty can be
// put into the same place before it has to be made anew.
const positionGap = 1 << 20

// selectItems has the collection, the position to begin behind, the account that
// asks and the number of rows as its arguments.
const selectItems = "SELECT i.position, " + releaseColumns + " FROM collections k JOIN collection_items i ON i.collection_id = k.id JOIN releases r ON r.id = i.release_id" +
	releaseJoins + " WHERE k.id = ? AND i.position > ? AND " + shown + " ORDER BY i.position LIMIT ?"

type itemRow struct {
	ReleaseID string
	Position  int64
	Shown     bool // to the account that changes the order
}

// CollectionItems returns a page of what a collection shows to viewer, an account
// or 0, in its order, and the cursor of the next page, empty on the last.
func (c *Catalog) CollectionItems(ctx context.Context, id string, viewer int64, cursor string, limit int) (items []models.Release, next string, err error) {
	after := int64(0)
	if cursor != "" {
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return nil, "", wrap(models.NewFault(models.ErrInvalid, "cursor", "The cursor is not one of this list."), "collection items")
		}
	}
	limit = clampLimit(limit)
	rows, err := many[releaseRow](c.db(ctx), selectItems, id, after, viewer, limit+1)
	if err != nil {
		return nil, "", c.fail(err, "items of collection %q", id)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = strconv.FormatInt(rows[limit-1].Position, 10)
	}
	items = make([]models.Release, len(rows))
	for i := range rows {
		if items[i], err = rows[i].model(); err != nil {
			return nil, "", wrap(err, "items of collection %q", id)
		}
	}
	return items, next, nil
}

// reorder runs do on the order of a collection, one change at a time, and writes
// the order anew if do gives one.
func (c *Catalog) reorder(ctx context.Context, id string, do func(tx *gorm.DB, k collectionRow, have []itemRow) ([]string, error)) error {
	return c.inTx(ctx, func(tx *gorm.DB) error {
		// The first statement is a write, so that another change waits here.
		if err := must(tx, "UPDATE collections SET version = version + 1, updated_at = ? WHERE id = ?", c.now(), id); err != nil {
			return err
		}
		k, err := one[collectionRow](tx, "SELECT k.id, k.account_id, k.kind, k.version FROM collections k WHERE k.id = ?", id)
		if err != nil {
			return err
		}
		have, err := many[itemRow](tx, `SELECT i.release_id, i.position, `+shown+` AS shown FROM collections k
			JOIN collection_items i ON i.collection_id = k.id JOIN releases r ON r.id = i.release_id WHERE k.id = ? ORDER BY i.position`, k.AccountID, id)
		if err != nil {
			return err
		}
		order, err := do(tx, k, have)
		if err != nil || order == nil {
			return err
		}
		return rewrite(tx, id, order)
	})
}

func rewrite(tx *gorm.DB, id string, order []string) error {
	if err := tx.Exec("DELETE FROM collection_items WHERE collection_id = ?", id).Error; err != nil {
		return err
	}
	return insertItems(tx, id, order, 0)
}

// insertItems puts releases into a collection behind a position.
func insertItems(tx *gorm.DB, id string, releases []string, after int64) error {
	values := make([]any, 0, 3*len(releases))
	for i, r := range releases {
		values = append(values, id, r, after+int64(i+1)*positionGap)
	}
	return insertRows(tx, "INSERT INTO collection_items (collection_id, release_id, position)", "", 3, values)
}

// AddItems puts releases at the end of a collection, in the order given; those
// that are in it stay where they are. models.ErrNotFound where the collection's
// account may not see one of them, or where an album or series would get what is
// not its account's own; a Fault of code "collection_full" past models.MaxItems.
func (c *Catalog) AddItems(ctx context.Context, id string, releases []string) error {
	err := c.reorder(ctx, id, func(tx *gorm.DB, k collectionRow, have []itemRow) ([]string, error) {
		known := map[string]bool{}
		last := int64(0)
		for _, item := range have {
			known[item.ReleaseID], last = true, item.Position
		}
		var fresh []string
		for _, r := range releases {
			if !known[r] {
				fresh, known[r] = append(fresh, r), true
			}
		}
		if len(have)+len(fresh) > models.MaxItems {
			return nil, models.NewFault(models.ErrTooLarge, "collection_full", "A collection holds at most 10,000 releases.")
		}
		if err := mayHold(tx, k, fresh); err != nil {
			return nil, err
		}
		return nil, insertItems(tx, id, fresh, last)
	})
	return c.fail(err, "add to collection %q", id)
}

// mayHold holds new items against what the collection's account may put there.
func mayHold(tx *gorm.DB, k collectionRow, releases []string) error {
	for some := range slices.Chunk(releases, 500) {
		args := make([]any, 0, len(some)+2)
		for _, r := range some {
			args = append(args, r)
		}
		n, err := one[int](tx, "SELECT count(*) FROM releases r WHERE r.id IN ("+marks(len(some))+`) AND (r.account_id = ? OR
			? AND r.state IN ('queued', 'transcoding', 'final') AND r.standing = 'good' AND r.visibility <> 'private')`,
			append(args, k.AccountID, models.CollectionKind(k.Kind) == models.Playlist)...)
		if err != nil {
			return err
		}
		if n != len(some) {
			return models.ErrNotFound
		}
	}
	return nil
}

// RemoveItem takes a release out of a collection.
func (c *Catalog) RemoveItem(ctx context.Context, id, release string) error {
	err := c.reorder(ctx, id, func(tx *gorm.DB, _ collectionRow, _ []itemRow) ([]string, error) {
		return nil, must(tx, "DELETE FROM collection_items WHERE collection_id = ? AND release_id = ?", id, release)
	})
	return c.fail(err, "remove from collection %q", id)
}

// MoveItem puts a release of a collection behind another one, or first where
// after is empty. models.ErrNotFound where one of them is not in it.
func (c *Catalog) MoveItem(ctx context.Context, id, release, after string) error {
	err := c.reorder(ctx, id, func(tx *gorm.DB, _ collectionRow, have []itemRow) ([]string, error) {
		at := slices.IndexFunc(have, func(i itemRow) bool { return i.ReleaseID == release })
		if at < 0 || after == release {
			return nil, models.ErrNotFound
		}
		rest := slices.Delete(slices.Clone(have), at, at+1)
		to := 0
		if after != "" {
			if to = 1 + slices.IndexFunc(rest, func(i itemRow) bool { return i.ReleaseID == after }); to == 0 {
				return nil, models.ErrNotFound
			}
		}
		low, high := int64(0), int64(0)
		if to > 0 {
			low = rest[to-1].Position
		}
		if high = low + 2*positionGap; to < len(rest) {
			high = rest[to].Position
		}
		if high-low < 2 {
			return namesOf(slices.Insert(rest, to, have[at])), nil
		}
		return nil, must(tx, "UPDATE collection_items SET position = ? WHERE collection_id = ? AND release_id = ?", low+(high-low)/2, id, release)
	})
	return c.fail(err, "move in collection %q", id)
}

func namesOf(items []itemRow) []string {
	return mapped(items, func(i itemRow) string { return i.ReleaseID })
}

// OrderItems gives a collection a new order: every release that its account sees
// in it, once; those it does not see keep their places. Another list is a Fault
// of code "order". With a version other than 0 it is refused with a Fault of code
// "order_changed" (models.ErrExists) where the order has changed since.
func (c *Catalog) OrderItems(ctx context.Context, id string, order []string, version int64) error {
	err := c.reorder(ctx, id, func(_ *gorm.DB, k collectionRow, have []itemRow) ([]string, error) {
		if version != 0 && k.Version != version+1 {
			return nil, models.NewFault(models.ErrExists, "order_changed", "The order was changed meanwhile. Load it again.")
		}
		missing := map[string]bool{}
		for _, item := range have {
			if item.Shown {
				missing[item.ReleaseID] = true
			}
		}
		seen := len(missing)
		for _, r := range order {
			delete(missing, r)
		}
		if len(order) != seen || len(missing) > 0 {
			return nil, models.NewFault(models.ErrInvalid, "order", "The order must name every release of the collection once.")
		}
		all := namesOf(have)
		for i, next := 0, 0; i < len(have); i++ {
			if have[i].Shown {
				all[i] = order[next]
				next++
			}
		}
		return all, nil
	})
	return c.fail(err, "order collection %q", id)
}
