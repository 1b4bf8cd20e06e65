package server

import (
	"context"
	"errors"
	"fmt"
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

// Findings is what is wrong with a data folder, and how much was looked at.
type Findings struct {
	Blocks   int
	Bytes    int64
	Roots    int
	Findings []string
}

// Check hashes every block, looks for every block of every root that the node
// keeps, and for rows that point nowhere. It changes nothing.
func (f *Folder) Check(ctx context.Context, progress func(done, total int)) (found Findings, err error) {
	report, err := f.Blocks.Check(ctx, progress)
	if err != nil {
		return found, err
	}
	found.Blocks, found.Bytes = report.Blocks, report.Bytes
	for _, bad := range report.Bad {
		found.add("block %s: the bytes do not match", bad)
	}
	for _, name := range report.Misnamed {
		found.add("block %s: in the wrong folder", name)
	}
	for _, name := range report.Foreign {
		found.add("%s: not a block", name)
	}
	if err := f.checkRoots(ctx, &found); err != nil {
		return found, err
	}
	dangling, err := f.Catalog.Dangling(ctx)
	for _, row := range dangling {
		found.add("catalogue: %s", row)
	}
	return found, err
}

func (f *Folder) checkRoots(ctx context.Context, found *Findings) error {
	for cursor := ""; ; {
		pins, next, err := f.Catalog.Pins(ctx, cursor, 100, models.PinHeld)
		if err != nil {
			return err
		}
		for _, pin := range pins {
			found.Roots++
			if err := f.checkRoot(ctx, pin.Root, found); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

func (f *Folder) checkRoot(ctx context.Context, name string, found *Findings) error {
	root, err := cid.Decode(name)
	if err != nil {
		return fmt.Errorf("server: pin %q: %w", name, err)
	}
	held, err := f.Catalog.RootBlocks(ctx, root)
	if err != nil {
		return err
	}
	for _, block := range held {
		there, err := f.Blocks.Has(ctx, block)
		if err != nil {
			return err
		}
		if !there {
			found.add("release %s: block %s is missing", name, block)
		}
	}
	if _, err := blockset.Open(ctx, f.Blocks, root); err != nil {
		if !errors.Is(err, models.ErrCorrupt) && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		found.add("release %s: %v", name, err)
	}
	return nil
}

func (f *Findings) add(format string, args ...any) {
	f.Findings = append(f.Findings, fmt.Sprintf(format, args...))
}

// Collect removes the blocks that nothing needs and that are older than grace.
func (f *Folder) Collect(ctx context.Context, grace time.Duration) (blocks.Swept, error) {
	return f.Blocks.Collect(ctx, f.Catalog.LiveBlocks, grace)
}
