package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// sighting is a root whose manifest and signature are right.
type sighting struct {
	root     cid.Cid
	manifest blockset.Manifest
	size     int64 // of all its blocks, as its links claim
	bytes    int64 // of all its files, once they were read
}

// lineage is the revisions of one release, oldest first.
type lineage []sighting

// lookedEvery is after how many blocks progress is told.
const lookedEvery = 256

// look finds the roots among all blocks. Of most blocks it reads the first byte
// only; what comes to nothing is told where it looks like a release.
func (r *rebuilding) look(ctx context.Context) ([]lineage, error) {
	var all []cid.Cid
	for block, err := range r.folder.Blocks.Keys(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, block)
	}
	var found []sighting
	for i, block := range all {
		s, ok, err := r.sight(ctx, block)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, s)
		}
		if r.out.Blocks++; r.out.Blocks%lookedEvery == 0 || i == len(all)-1 {
			r.progress("Looking for releases", int64(r.out.Blocks), int64(len(all)))
		}
	}
	return r.lineages(found), nil
}

// sight looks at one block.
func (r *rebuilding) sight(ctx context.Context, block cid.Cid) (s sighting, ok bool, err error) {
	head, size, err := r.folder.Blocks.Head(ctx, block, blockset.HeadBytes)
	if errors.Is(err, models.ErrNotFound) || err == nil && !blockset.MayBeRoot(head, size) {
		return s, false, nil
	}
	var data []byte
	if err == nil || errors.Is(err, models.ErrCorrupt) {
		data, err = r.folder.Blocks.Get(ctx, block)
	}
	if errors.Is(err, models.ErrCorrupt) {
		r.finding("block %s: damaged, and may have been a release's root", block)
		return s, false, nil
	}
	root, ok := blockset.IsRoot(data)
	if err != nil || !ok {
		return s, false, err
	}
	o, err := blockset.Open(ctx, r.folder.Blocks, root)
	switch {
	case err == nil:
		return sighting{root: root, manifest: o.Manifest(), size: o.Size()}, true, nil
	case errors.Is(err, models.ErrCorrupt), errors.Is(err, blockset.ErrMissingBlock) && !errors.Is(err, models.ErrUnavailable):
		r.finding("root %s: left out: %v", root, err)
		return s, false, nil
	}
	return s, false, err
}

// lineages puts the roots of each release in order. Where a channel signed
// several as one revision, the one counts that the next revision supersedes.
func (r *rebuilding) lineages(found []sighting) (out []lineage) {
	order := func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.manifest.Channel, b.manifest.Channel), cmp.Compare(a.manifest.ID, b.manifest.ID),
			cmp.Compare(b.manifest.Rev, a.manifest.Rev), cmp.Compare(a.root.KeyString(), b.root.KeyString()))
	}
	slices.SortFunc(found, order)
	for len(found) > 0 {
		n := 1
		for n < len(found) && found[n].manifest.Address == found[0].manifest.Address {
			n++
		}
		out, found = append(out, r.lineage(found[:n])), found[n:]
	}
	return out
}

// lineage takes the roots of one release, the newest first.
func (r *rebuilding) lineage(newest []sighting) lineage {
	var l lineage
	superseded := ""
	for len(newest) > 0 {
		n := 1
		for n < len(newest) && newest[n].manifest.Rev == newest[0].manifest.Rev {
			n++
		}
		best := max(0, slices.IndexFunc(newest[:n], func(s sighting) bool { return s.root.String() == superseded }))
		for i, s := range newest[:n] {
			if i != best {
				r.finding("release %s %q: left out: manifest %s is another revision %d", s.manifest.ID, s.manifest.Title, s.root, s.manifest.Rev)
			}
		}
		l, superseded = append(lineage{newest[best]}, l...), newest[best].manifest.Supersedes
		newest = newest[n:]
	}
	return l
}

// recorder remembers which blocks it handed out, and how long they are.
type recorder struct {
	from blockset.Getter

	mu   sync.Mutex
	held map[cid.Cid]int
}

// Get implements blockset.Getter.
func (r *recorder) Get(ctx context.Context, c cid.Cid) ([]byte, error) {
	data, err := r.from.Get(ctx, c)
	if err == nil {
		r.mu.Lock()
		r.held[c] = len(data)
		r.mu.Unlock()
	}
	return data, err
}

func (r *recorder) blocks() []cid.Cid {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]cid.Cid, 0, len(r.held))
	for c := range r.held {
		out = append(out, c)
	}
	return out
}
