package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// Findings is what is wrong with a data folder, and how much was looked at.
type Findings struct {
	Blocks   int
	Bytes    int64
	Roots    int
	Damaged  []Damage // blocks
	Findings []string // everything else
}

// Damage is a block that is not as it should be.
type Damage struct {
	Block   cid.Cid
	Missing bool      // no file; else one with other bytes
	Roots   []cid.Cid // of the releases that hold it; none: nothing needs it
}

// String says what is wrong in one line.
func (d Damage) String() string {
	what := "damaged"
	if d.Missing {
		what = "missing"
	}
	switch len(d.Roots) {
	case 0:
		return fmt.Sprintf("block %s is %s, and no release needs it", d.Block, what)
	case 1:
		return fmt.Sprintf("release %s: block %s is %s", d.Roots[0], d.Block, what)
	}
	return fmt.Sprintf("release %s and %d more: block %s is %s", d.Roots[0], len(d.Roots)-1, d.Block, what)
}

// Count is how many things are wrong.
func (f *Findings) Count() int { return len(f.Damaged) + len(f.Findings) }

func (f *Findings) add(format string, args ...any) {
	f.Findings = append(f.Findings, fmt.Sprintf(format, args...))
}

// Check hashes every block, looks for every block of every root that the node
// keeps, and for rows that point nowhere. It changes nothing.
func (f *Folder) Check(ctx context.Context, progress func(done, total int)) (Findings, error) {
	report, err := f.Blocks.Check(ctx, progress)
	if err != nil {
		return Findings{}, err
	}
	c := checking{folder: f, at: map[string]int{}}
	c.found.Blocks, c.found.Bytes = report.Blocks, report.Bytes
	for _, bad := range report.Bad {
		c.damage(bad, false)
	}
	for _, name := range report.Misnamed {
		c.found.add("block %s: in the wrong folder", name)
	}
	for _, name := range report.Foreign {
		c.found.add("%s: not a block", name)
	}
	if err := c.roots(ctx); err != nil {
		return c.found, err
	}
	dangling, err := f.Catalog.Dangling(ctx)
	for _, row := range dangling {
		c.found.add("catalogue: %s", row)
	}
	return c.found, err
}

// checking is a check on its way.
type checking struct {
	folder *Folder
	found  Findings
	at     map[string]int // where in Damaged a block is, by multihash
}

// damage notes a block once, and returns where.
func (c *checking) damage(block cid.Cid, missing bool) *Damage {
	key := string(block.Hash())
	i, known := c.at[key]
	if !known {
		i = len(c.found.Damaged)
		c.at[key] = i
		c.found.Damaged = append(c.found.Damaged, Damage{Block: block, Missing: missing})
	}
	return &c.found.Damaged[i]
}

func (c *checking) roots(ctx context.Context) error {
	for cursor, last := "", ""; ; {
		pins, next, err := c.folder.Catalog.Pins(ctx, cursor, 100, models.PinHeld)
		if err != nil {
			return err
		}
		for _, pin := range pins {
			if pin.Root == last { // kept for two reasons, which stand together
				continue
			}
			last = pin.Root
			c.found.Roots++
			if err := c.root(ctx, pin.Root); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

func (c *checking) root(ctx context.Context, name string) error {
	root, err := cid.Decode(name)
	if err != nil {
		return fmt.Errorf("server: pin %q: %w", name, err)
	}
	held, err := c.folder.Catalog.RootBlocks(ctx, root)
	if err != nil {
		return err
	}
	for _, block := range held {
		if err := c.block(ctx, root, block); err != nil {
			return err
		}
	}
	_, err = blockset.Open(ctx, c.folder.Blocks, root)
	switch {
	case errors.Is(err, blockset.ErrBlock), errors.Is(err, blockset.ErrMissingBlock) && errors.Is(err, models.ErrNotFound):
		return nil // told already, of the block
	case errors.Is(err, models.ErrCorrupt):
		c.found.add("release %s: %v", name, err)
		return nil
	}
	return err
}

// block looks for one block of a root.
func (c *checking) block(ctx context.Context, root, block cid.Cid) error {
	_, bad := c.at[string(block.Hash())]
	if !bad {
		there, err := c.folder.Blocks.Has(ctx, block)
		if there || err != nil {
			return err
		}
	}
	d := c.damage(block, true)
	d.Block, d.Roots = block, append(d.Roots, root) // with its codec, which the disk does not know
	return nil
}
