package blockset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"
)

// read reads a file's blocks and returns the digest and length of its content.
func (v *verifier) read(ctx context.Context, l link) (sum Digest, size int64, err error) {
	leaves, inner, err := v.leaves(ctx, l)
	if err != nil {
		return sum, 0, err
	}
	if err := v.count(leaves, inner); err != nil {
		return sum, 0, err
	}
	if isRaw(l.cid) {
		size, err = v.copy(ctx, leaves, io.Discard)
		copy(sum[:], digestOf(l.cid)) // fetch has hashed it
		return sum, size, err
	}
	all := sha256.New()
	size, err = v.copy(ctx, leaves, all)
	all.Sum(sum[:0])
	return sum, size, err
}

// leaves lists the leaves and inner nodes of a file.
func (v *verifier) leaves(ctx context.Context, l link) ([]Leaf, []cid.Cid, error) {
	if isRaw(l.cid) {
		return []Leaf{{CID: l.cid, Size: int64(l.size)}}, nil, nil
	}
	f, err := readFile(ctx, v.g, l.cid)
	if err != nil {
		return nil, nil, err
	}
	if f.total != l.size {
		return nil, nil, misshapen("link claims %d bytes, not %d", l.size, f.total)
	}
	return f.leaves, f.inner, nil
}

// copy writes the content of leaves, each checked, and returns its length.
func (v *verifier) copy(ctx context.Context, leaves []Leaf, to io.Writer) (size int64, err error) {
	cids := make([]cid.Cid, len(leaves))
	for i := range leaves {
		cids[i] = leaves[i].CID
	}
	err = each(ctx, v.g, cids, func(i int, data []byte) error {
		if int64(len(data)) != leaves[i].Size {
			return misshapen("leaf %s has %d bytes, not %d", cids[i], len(data), leaves[i].Size)
		}
		size += int64(len(data))
		_, err := to.Write(data)
		return err
	})
	return size, err
}

// count counts the blocks of a file.
func (v *verifier) count(leaves []Leaf, inner []cid.Cid) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, l := range leaves {
		if v.blocks[l.CID] {
			v.repeats++
		}
		v.blocks[l.CID] = true
	}
	for _, c := range inner {
		v.blocks[c] = true
	}
	if v.repeats > maxRepeats || len(v.blocks) > maxBlocks {
		return misshapen("%d blocks, %d of them again", len(v.blocks), v.repeats)
	}
	return nil
}

// content reads a whole file of at most limit bytes.
func (v *verifier) content(ctx context.Context, p string, limit int64) ([]byte, error) {
	l := v.files[p]
	if l.size > uint64(limit)+nodeSize {
		return nil, misshapen("%s of %d bytes", p, l.size)
	}
	leaves, _, err := v.leaves(ctx, l)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	var out bytes.Buffer
	if _, err := v.copy(ctx, leaves, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	return out.Bytes(), nil
}
