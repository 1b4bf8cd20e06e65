package server

import (
	"context"
	"errors"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/blocks"
)

// Keep verifies a release whose blocks lie in the folder, pins it and lists it.
func (f *Folder) Keep(ctx context.Context, root cid.Cid) (blockset.Report, error) {
	report, err := blockset.Verify(ctx, f.Blocks, root, nil)
	if err != nil {
		return report, err
	}
	held, err := f.blocksOf(ctx, root)
	if err != nil {
		return report, err
	}
	release := report.Manifest.Release()
	release.Manifest, release.Bytes = root, report.Bytes
	before, err := f.Catalog.Pin(ctx, root)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return report, err
	}
	if _, err := f.Catalog.PutPin(ctx, root); err != nil {
		return report, err
	}
	err = f.Catalog.PinRelease(ctx, root, held, report.Bytes, release, report.Manifest.Models())
	if err != nil && before.Root == "" { // a refused wish must not wait for a node to fetch it
		err = errors.Join(err, f.Catalog.DeletePin(ctx, root))
	}
	return report, err
}

func (f *Folder) blocksOf(ctx context.Context, root cid.Cid) (held []cid.Cid, err error) {
	err = blockset.Walk(ctx, f.Blocks, root, func(c cid.Cid, _ int) error {
		held = append(held, c)
		return nil
	})
	return held, err
}

// Collect removes the blocks that nothing needs and that are older than grace. A
// catalogue that never named a root does not say what is needed of a folder that
// holds releases: its own was lost. That is a Fault of models.ErrUnavailable.
func (f *Folder) Collect(ctx context.Context, grace time.Duration) (blocks.Swept, error) {
	named, err := f.Catalog.NamedAny(ctx)
	if err == nil && !named {
		err = f.mustHoldNoRelease(ctx)
	}
	if err != nil {
		return blocks.Swept{}, err
	}
	return f.Blocks.Collect(ctx, f.Catalog.LiveBlocks, grace)
}

func (f *Folder) mustHoldNoRelease(ctx context.Context) error {
	r := rebuilding{folder: f}
	for block, err := range f.Blocks.Keys(ctx) {
		if err != nil {
			return err
		}
		_, found, err := r.sight(ctx, block)
		if err != nil {
			return err
		}
		if found {
			return models.NewFault(models.ErrUnavailable, "catalogue_lost",
				"The folder holds releases, and the catalogue never named one: their database was lost, or another one was meant. Run 'runnel rebuild' first.")
		}
	}
	return nil
}
