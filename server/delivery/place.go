package delivery

import (
	"context"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"

	"runnel/models/blockset"
)

// placeKey names a file of a release.
type placeKey struct {
	root cid.Cid
	path string
}

// place is what a path of a release leads to. It never changes: the release's
// CID says it.
type place struct {
	file   cid.Cid
	leaves []blockset.Leaf // of a file of more than one block
	size   int64           // as the tree tells it
	next   *playback       // of a segment
}

// playback is a segment's part in what is fetched ahead.
type playback struct {
	segment
	key string // of its playlist
}

func newPlaces(leaves int) *otter.Cache[placeKey, *place] {
	return otter.Must(&otter.Options[placeKey, *place]{
		MaximumWeight: uint64(leaves),
		Weigher:       func(_ placeKey, p *place) uint32 { return uint32(1 + len(p.leaves)) },
	})
}

// place finds a file once; who asks again spares the walk through the release's
// folders. Paths that lead nowhere are not remembered.
func (d *Delivery) place(ctx context.Context, root cid.Cid, path string) (*place, error) {
	key := placeKey{root, path}
	if p, ok := d.places.GetIfPresent(key); ok {
		return p, nil
	}
	o, err := d.root(ctx, root)
	if err != nil {
		return nil, err
	}
	p := &place{}
	if p.file, p.size, err = o.Resolve(ctx, path); err != nil {
		return nil, err
	}
	if p.file.Prefix().Codec != cid.Raw {
		if p.leaves, err = blockset.Leaves(ctx, d.Getter(root), p.file); err != nil {
			return nil, err
		}
	}
	if s, ok := parseSegment(path); ok {
		p.next = &playback{s, root.KeyString() + s.rendition}
	}
	d.places.Set(key, p)
	return p, nil
}
