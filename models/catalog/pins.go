package catalog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

type pinRow struct {
	RootID    int64
	CID       []byte `gorm:"column:cid"`
	Reason    string
	State     string
	Blocks    int
	Bytes     int64
	Failure   string
	CreatedAt int64
}

const selectPins = `SELECT p.root_id, o.cid, p.reason, p.state, p.blocks, p.bytes, p.failure, p.created_at
	FROM pins p JOIN roots o ON o.id = p.root_id`

func (r pinRow) model() (models.Pin, error) {
	root, err := cid.Cast(r.CID)
	if err != nil {
		return models.Pin{}, fmt.Errorf("%w: pinned root: %w", models.ErrCorrupt, err)
	}
	return models.Pin{Root: root.String(), Reason: models.PinReason(r.Reason), State: models.PinState(r.State), Blocks: r.Blocks,
		Bytes: r.Bytes, Failure: r.Failure, CreatedAt: instant(r.CreatedAt)}, nil
}

// PutPin records that a creator asked to keep a root, and returns the pin: held
// at once where the root is held for another reason, else queued. One that is
// there stays as it is; one that failed is queued again. Where the node is full
// it is a Fault of code CodeStorageLimit.
func (c *Catalog) PutPin(ctx context.Context, root cid.Cid) (models.Pin, error) {
	var pin models.Pin
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := c.putRoot(tx, root)
		if err != nil {
			return err
		}
		err = tx.Exec(`INSERT INTO pins (root_id, reason, state, blocks, bytes, created_at)
			SELECT o.id, 'asked', coalesce(p.state, 'queued'), coalesce(p.blocks, 0), coalesce(p.bytes, 0), ?
			FROM roots o LEFT JOIN pins p ON p.root_id = o.id AND p.reason = 'own' AND p.state = 'pinned' WHERE o.id = ?
			ON CONFLICT (root_id, reason) DO UPDATE SET failure = '',
				state = CASE WHEN pins.state = 'failed' THEN 'queued' ELSE pins.state END`, c.now(), id).Error
		if err != nil {
			return err
		}
		if err := refreshRoot(tx, id); err != nil {
			return err
		}
		if pin, err = pinOf(tx, root); err == nil && pin.State == models.PinQueued {
			err = c.nodeRoom(tx, 1) // how much it takes is known once it is fetched
		}
		return err
	})
	return pin, c.fail(err, "pin %s", root)
}

// Pin returns why and how a root is kept: the asked pin where there is one,
// else the one of its publication here.
func (c *Catalog) Pin(ctx context.Context, root cid.Cid) (models.Pin, error) {
	pin, err := pinOf(c.db(ctx), root)
	return pin, c.fail(err, "pin %s", root)
}

func pinOf(db *gorm.DB, root cid.Cid) (models.Pin, error) {
	row, err := one[pinRow](db, selectPins+" WHERE o.mh = ? ORDER BY p.reason LIMIT 1", mhOf(root))
	if err != nil {
		return models.Pin{}, err
	}
	return row.model()
}

// Pins returns a page of pins in any of the given states (all, if none), newest
// root first, and the cursor of the next page, empty on the last.
func (c *Catalog) Pins(ctx context.Context, cursor string, limit int, states ...models.PinState) (pins []models.Pin, next string, err error) {
	limit = clampLimit(limit)
	query, args := selectPins+" WHERE 1 = 1", []any{}
	if cursor != "" {
		id, reason, _ := strings.Cut(cursor, "-")
		root, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, "", wrap(models.NewFault(models.ErrInvalid, "cursor", "The cursor is not one of this list."), "pins")
		}
		query, args = query+" AND (p.root_id < ? OR p.root_id = ? AND p.reason > ?)", append(args, root, root, reason)
	}
	if len(states) > 0 {
		query += " AND p.state IN (" + marks(len(states)) + ")"
		for _, s := range states {
			args = append(args, string(s))
		}
	}
	rows, err := many[pinRow](c.db(ctx), query+" ORDER BY p.root_id DESC, p.reason LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", c.fail(err, "pins")
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = fmt.Sprintf("%d-%s", rows[limit-1].RootID, rows[limit-1].Reason)
	}
	for _, r := range rows {
		pin, err := r.model()
		if err != nil {
			return nil, "", wrap(err, "pins")
		}
		pins = append(pins, pin)
	}
	return pins, next, nil
}
