package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// CodeLost is the code of the Fault for a block that should be on the node's own
// disk, is not, and that no peer supplies now; models.ErrUnavailable.
const CodeLost = "media_lost"

func errLost(cause error) error {
	return fmt.Errorf("%w: %w", models.NewFault(models.ErrUnavailable, CodeLost,
		"A part of this file was lost on the node's disk, and no peer supplies it now."), cause)
}

// lost reports whether a block that the disk does not have should be there. A
// catalogue that cannot say so costs no viewer the block.
func (d *Delivery) lost(ctx context.Context, c cid.Cid, local error) bool {
	if d.cfg.Held == nil || !errors.Is(local, models.ErrNotFound) {
		return false
	}
	held, err := d.cfg.Held(ctx, c)
	switch {
	case err != nil && ctx.Err() == nil:
		d.log.Warn("delivery: should a block be here", "cid", c, "err", err)
	case held:
		d.log.Error("delivery: a block is missing on disk", "cid", c)
	}
	return held && err == nil
}

// heal puts good bytes in the place of the damaged ones, or of none, whether or not whoever
// asked still waits.
func (d *Delivery) heal(ctx context.Context, c cid.Cid, f found) {
	h, ok := d.local.(Healer)
	if !ok {
		return
	}
	if err := h.Put(context.WithoutCancel(ctx), models.Block{CID: c, Data: f.data}); err != nil {
		d.log.Error("delivery: a damaged block was not healed", "cid", c, "err", err)
		return
	}
	d.metrics.Event(EventHealed)
	d.log.Info("delivery: healed a damaged block", "cid", c, "from", f.from)
}
