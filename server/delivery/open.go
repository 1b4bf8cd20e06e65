package delivery

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/models/blockset"
)

// Root returns a release opened and checked by blockset.Open. A bounded number
// is kept, and concurrent callers share one opening.
func (d *Delivery) Root(ctx context.Context, root cid.Cid) (*blockset.Opened, error) {
	o, err := d.root(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("delivery: root %s: %w", root, err)
	}
	return o, nil
}

func (d *Delivery) root(ctx context.Context, root cid.Cid) (*blockset.Opened, error) {
	key := root.KeyString()
	if o, ok := d.roots.GetIfPresent(key); ok {
		return o, nil
	}
	o, _, err := d.opening.do(ctx, key, "", func(ctx context.Context) (*blockset.Opened, error) {
		o, err := blockset.Open(ctx, d.Getter(root), root)
		if err == nil {
			d.roots.Set(key, o)
		}
		return o, err
	})
	return o, err
}

// Resolve returns the CID and content bytes of the file at path in the release,
// without reading the file: enough for a HEAD or a conditional request. What the
// manifest's tree does not name is models.ErrNotFound.
func (d *Delivery) Resolve(ctx context.Context, root cid.Cid, path string) (cid.Cid, int64, error) {
	c, size, err := d.resolve(ctx, root, path)
	if err != nil {
		return cid.Undef, 0, fmt.Errorf("delivery: %s of %s: %w", path, root, err)
	}
	return c, size, nil
}

func (d *Delivery) resolve(ctx context.Context, root cid.Cid, path string) (cid.Cid, int64, error) {
	p, err := d.place(ctx, root, path)
	if err != nil {
		return cid.Undef, 0, err
	}
	return p.file, p.size, nil
}

// Open returns the file at path in the release, as File does. Where a segment
// comes from Redis or peers, the next ones of its playlist are fetched ahead.
func (d *Delivery) Open(ctx context.Context, root cid.Cid, path string) (*Content, error) {
	return d.OpenAt(ctx, root, path, 0)
}

// OpenAt is Open for whoever begins to read at offset: the content stands there,
// and the leaf there is the one that has been found when it returns. A negative
// offset counts from the end; beyond the end the last leaf is found.
func (d *Delivery) OpenAt(ctx context.Context, root cid.Cid, path string, offset int64) (*Content, error) {
	p, err := d.place(ctx, root, path)
	var content *Content
	if err == nil {
		content, err = d.content(ctx, root, p.file, p.size, p.leaves, offset)
	}
	if err != nil {
		return nil, fmt.Errorf("delivery: %s of %s: %w", path, root, err)
	}
	if p.next != nil {
		d.lookAhead(root, p.next, content.Source() == SourcePeer || content.Source() == SourceRedis)
	}
	return content, nil
}

// File returns the content of a UnixFS file of the release. Its first leaf has
// been found when it returns, so that what nobody has is an error here and not
// in the middle of an answer. ctx governs the reading too.
func (d *Delivery) File(ctx context.Context, root, file cid.Cid) (*Content, error) {
	var leaves []blockset.Leaf
	var err error
	if !file.Defined() || file.Prefix().Codec != cid.Raw {
		leaves, err = blockset.Leaves(ctx, d.Getter(root), file)
	}
	var content *Content
	if err == nil {
		content, err = d.content(ctx, root, file, fileFrom, leaves, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("delivery: file %s: %w", file, err)
	}
	return content, nil
}

// content is a file of those leaves; of itself, about that long, where there are
// none.
func (d *Delivery) content(ctx context.Context, root, file cid.Cid, about int64, leaves []blockset.Leaf, offset int64) (*Content, error) {
	c := &Content{d: d, ctx: ctx, root: root, file: file, current: -1}
	if leaves != nil {
		c.setLeaves(leaves)
		return c, c.start(offset)
	}
	if open, size := d.file(ctx, file, about); open != nil {
		c.single(size)
		c.holdFile(0, open)
		return c, c.start(offset)
	}
	f, err := d.served(ctx, root, file)
	if err != nil {
		return nil, err
	}
	c.single(int64(len(f.data)))
	c.hold(0, f)
	return c, c.start(offset)
}

// served is block, counted as handed out.
func (d *Delivery) served(ctx context.Context, root, c cid.Cid) (found, error) {
	f, err := d.block(ctx, root, c)
	if err == nil {
		d.metrics.Served(f.from, len(f.data))
		d.share(c, f)
	}
	return f, err
}
