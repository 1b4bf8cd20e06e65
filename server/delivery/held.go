package delivery

import (
	"context"

	"github.com/ipfs/go-cid"
)

// Held reports whether a block can be had without asking anybody else: from
// memory or the node's own disk. On disk its bytes are not looked at.
func (d *Delivery) Held(ctx context.Context, c cid.Cid) (bool, error) {
	if !named(c) {
		return false, nil
	}
	if _, ok := d.inMemory(c); ok || matches(c, nil) {
		return true, nil
	}
	if disk, ok := d.local.(Haver); ok {
		return disk.Has(ctx, c)
	}
	return false, nil
}
