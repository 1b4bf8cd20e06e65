package blockset

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
)

// HeadBytes is how much of a block MayBeRoot looks at.
const HeadBytes = 1

// linkTag begins every dag-pb block that has links: field 2 of a PBNode, which
// the canonical form puts first. Segments, texts and pictures begin otherwise.
const linkTag = 0x12

// MayBeRoot reports, from the first HeadBytes of a block and its length in bytes,
// whether it can be the root of a release at all. A root is no longer than a
// manifest may be, which names each of its entries in more bytes.
func MayBeRoot(head []byte, size int64) bool {
	return len(head) > 0 && head[0] == linkTag && size <= maxManifest
}

// IsRoot reports whether a block is a folder that holds the two files of a
// manifest, and the root that it then is. Whose, and of what, says Open.
func IsRoot(block []byte) (root cid.Cid, ok bool) {
	f, err := decodeFolder(block)
	if err != nil {
		return cid.Undef, false
	}
	_, manifest := f.find(manifestName)
	_, sig := f.find(signatureName)
	if !manifest || !sig {
		return cid.Undef, false
	}
	root, err = builder().Sum(block)
	return root, err == nil
}

// Survey is Walk for a set of which not all is there: it tells lost, which must
// not be nil, of each block that is missing or damaged, and goes on. What is below
// a folder that cannot be read is told of by nobody.
func Survey(ctx context.Context, g Getter, root cid.Cid, visit func(c cid.Cid, size int) error, lost func(c cid.Cid)) error {
	if err := checkCID(root); err != nil {
		return fmt.Errorf("blockset: survey %s: %w", root, err)
	}
	w := &walker{g: g, seen: map[cid.Cid]bool{root: true}, lost: lost}
	w.visit = func(c cid.Cid, data []byte) error { return visit(c, len(data)) }
	if err := w.node(ctx, root, 0, 0); err != nil {
		return fmt.Errorf("blockset: survey %s: %w", root, err)
	}
	return nil
}

// pass reports whether the walk goes on past a block that was not got.
func (w *walker) pass(c cid.Cid, err error) bool {
	if w.lost == nil || !errors.Is(err, ErrMissingBlock) && !errors.Is(err, ErrBlock) {
		return false
	}
	w.lost(c)
	return true
}

// leavesThere is leaves one by one, past those that are not there.
func (w *walker) leavesThere(ctx context.Context, cids []cid.Cid) error {
	for _, c := range cids {
		data, err := fetch(ctx, w.g, c)
		if err == nil {
			err = w.visit(c, data)
		} else if w.pass(c, err) {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
