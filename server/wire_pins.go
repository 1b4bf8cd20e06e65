package server

import (
	"context"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/pinning"
)

// ledger records pins, and has the peer network told of a release that is here.
type ledger struct {
	*catalog.Catalog
	tell func(context.Context, cid.Cid)
}

// PinHeld makes a pin held.
func (l ledger) PinHeld(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64) error {
	err := l.Catalog.PinHeld(ctx, root, blocks, bytes)
	if err == nil {
		l.tell(ctx, root)
	}
	return err
}

// PinRelease makes a pin held, with the entry of its release.
func (l ledger) PinRelease(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64, r models.Release, renditions []models.Rendition) error {
	err := l.Catalog.PinRelease(ctx, root, blocks, bytes, r, renditions)
	if err == nil {
		l.tell(ctx, root)
	}
	return err
}

// pins is the keeper in the words of the HTTP face.
type pins struct {
	keeper *pinning.Keeper
	tell   func(context.Context, cid.Cid)
}

func (p pins) Pin(ctx context.Context, root cid.Cid) (models.Pin, error) {
	return p.keeper.PinAsync(ctx, root)
}

func (p pins) Unpin(ctx context.Context, root cid.Cid) error {
	err := p.keeper.Unpin(ctx, root)
	p.tell(ctx, root)
	return err
}

func (p pins) PinState(ctx context.Context, root cid.Cid) (models.Pin, error) {
	return p.keeper.State(ctx, root)
}

func (p pins) ListPins(ctx context.Context) ([]models.Pin, error) { return p.keeper.List(ctx) }
