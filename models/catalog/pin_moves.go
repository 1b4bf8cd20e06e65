package catalog

import (
	"context"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// SetPinState records how far the pins of a root that are not held have come;
// blocks and bytes are those held so far. PinHeld alone makes them pinned. Those
// of this node's own releases are among them where a backup came without media.
func (c *Catalog) SetPinState(ctx context.Context, root cid.Cid, state models.PinState, blocks int, bytes int64, failure string) error {
	if state == models.PinHeld {
		return wrap(models.ErrInvalid, "pin %s: only PinHeld may say so", root)
	}
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := rootID(tx, root)
		if err != nil {
			return err
		}
		if err := must(tx, "UPDATE pins SET state = ?, blocks = ?, bytes = ?, failure = ? WHERE root_id = ? AND state <> 'pinned'",
			string(state), blocks, bytes, failure, id); err != nil {
			return err
		}
		return refreshRoot(tx, id)
	})
	return c.fail(err, "pin %s", root)
}

// AdmitPin is asked when the manifest of a pin is known and its files are not yet
// fetched. It reserves bytes, in place of what was reserved for the pin before:
// a Fault of code CodeStorageLimit where they would pass Config.MaxStorage, the
// Faults of ImportRelease where there will be no place for the entry,
// models.ErrNotFound when the pin was deleted meanwhile.
func (c *Catalog) AdmitPin(ctx context.Context, root cid.Cid, bytes int64, r models.Release) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if _, _, err := c.placeFor(tx, &r); err != nil {
			return err
		}
		id, err := rootID(tx, root)
		if err != nil {
			return err
		}
		if err := must(tx, "UPDATE pins SET size = 0, bytes = 0 WHERE root_id = ? AND state = 'fetching'", id); err != nil {
			return err
		}
		if err := c.nodeRoom(tx, bytes); err != nil {
			return err
		}
		return must(tx, "UPDATE pins SET size = ? WHERE root_id = ? AND state = 'fetching'", bytes, id)
	})
	return c.fail(err, "admit pin %s", root)
}

// AddPinBlocks keeps blocks of a pin that is still being fetched from the
// garbage collector. They do not go out before PinHeld.
func (c *Catalog) AddPinBlocks(ctx context.Context, root cid.Cid, blocks []cid.Cid) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := rootID(tx, root)
		if err != nil {
			return err
		}
		return holdBlocks(tx, id, blocks)
	})
	return c.fail(err, "pin %s", root)
}

// PinHeld records that every block of a root is here, verified and synced: in
// one transaction the blocks, its pins and what may go out. models.ErrNotFound
// when they were deleted meanwhile.
func (c *Catalog) PinHeld(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error { return c.holdPins(tx, root, blocks, bytes) })
	return c.fail(err, "pin %s", root)
}

func (c *Catalog) holdPins(tx *gorm.DB, root cid.Cid, blocks []cid.Cid, bytes int64) error {
	id, err := rootID(tx, root)
	if err != nil {
		return err
	}
	if err := must(tx, "UPDATE pins SET state = 'pinned', failure = '', blocks = ?, bytes = ? WHERE root_id = ?",
		len(blocks), bytes, id); err != nil {
		return err
	}
	if err := holdBlocks(tx, id, append([]cid.Cid{root}, blocks...)); err != nil {
		return err
	}
	return refreshRoot(tx, id)
}

// HoldOwn is PinHeld for what was published here and is found again by a
// rebuild: the pin goes with the release.
func (c *Catalog) HoldOwn(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := c.putRoot(tx, root)
		if err != nil {
			return err
		}
		if err := holdBlocks(tx, id, append([]cid.Cid{root}, blocks...)); err != nil {
			return err
		}
		if err := c.pinHeld(tx, id, models.PinOwn, len(blocks), bytes); err != nil {
			return err
		}
		return refreshRoot(tx, id)
	})
	return c.fail(err, "hold %s", root)
}

// pinHeld writes a pin of a root whose blocks are held.
func (c *Catalog) pinHeld(tx *gorm.DB, root int64, reason models.PinReason, blocks int, bytes int64) error {
	return tx.Exec(`INSERT INTO pins (root_id, reason, state, blocks, bytes, created_at) VALUES (?, ?, 'pinned', ?, ?, ?)
		ON CONFLICT (root_id, reason) DO UPDATE SET state = 'pinned', blocks = excluded.blocks, bytes = excluded.bytes, failure = ''`,
		root, string(reason), blocks, bytes, c.now()).Error
}

// RetryOwn queues again the pins that could not be fetched of what was published
// here, or has an entry here all the same: nobody else asks for them.
func (c *Catalog) RetryOwn(ctx context.Context) error {
	return c.fail(c.write(ctx, "UPDATE pins SET state = 'queued', failure = '' WHERE state = 'failed' AND (reason = 'own' OR "+
		namedBy("pins.root_id", "1 = 1")+")"), "retry own pins")
}

// DeletePin ends an asked pin. The root goes, with entries that are not of this
// node's creators, unless it was published here. A root that only its
// publication keeps is a Fault of code "pin_own".
func (c *Catalog) DeletePin(ctx context.Context, root cid.Cid) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		id, err := rootID(tx, root)
		if err != nil {
			return err
		}
		n, err := change(tx, "DELETE FROM pins WHERE root_id = ? AND reason = 'asked'", id)
		if err == nil && n == 0 {
			err = models.NewFault(models.ErrInvalid, "pin_own", "This was published here; delete the release instead.")
		}
		if err != nil {
			return err
		}
		return c.dropForeign(tx, id)
	})
	return c.fail(err, "unpin %s", root)
}

// dropForeign removes entries of other nodes whose root is no longer pinned.
func (c *Catalog) dropForeign(tx *gorm.DB, root int64) error {
	rows, err := many[releaseRow](tx, selectReleases+` WHERE r.root_id = ? AND r.account_id IS NULL
		AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = r.root_id) ORDER BY r.id`, root)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := c.removeRelease(tx, r); err != nil {
			return err
		}
		if err := dropChannel(tx, r.ChannelID); err != nil {
			return err
		}
	}
	return dropRoot(tx, root)
}
