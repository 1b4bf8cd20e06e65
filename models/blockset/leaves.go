package blockset

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
)

// Leaf is one leaf of a file: a raw block.
type Leaf struct {
	CID  cid.Cid
	Size int64
}

// Leaves returns the leaves of a file in order. For a file of one block that is
// the block itself, which is fetched for its size. For others the inner nodes
// are fetched and checked: leaves are raw, of 1 MiB each but the last, in the
// balanced layout of at most three levels, and every sum of sizes is true as far
// as it can be without the leaves; whoever reads a leaf holds its length against
// Size.
func Leaves(ctx context.Context, g Getter, file cid.Cid) ([]Leaf, error) {
	leaves, err := leavesOf(ctx, g, file)
	if err != nil {
		return nil, fmt.Errorf("blockset: leaves of %s: %w", file, err)
	}
	return leaves, nil
}

func leavesOf(ctx context.Context, g Getter, file cid.Cid) ([]Leaf, error) {
	if err := checkCID(file); err != nil {
		return nil, err
	}
	if isRaw(file) {
		data, err := get(ctx, g, file)
		if err != nil {
			return nil, err
		}
		if len(data) > leafSize {
			return nil, misshapen("leaf %s has %d bytes", file, len(data))
		}
		return []Leaf{{CID: file, Size: int64(len(data))}}, nil
	}
	f, err := readFile(ctx, g, file)
	if err != nil {
		return nil, err
	}
	return f.leaves, nil
}

// fileReader gathers the leaves below a file's root.
type fileReader struct {
	g      Getter
	leaves []Leaf
	inner  []cid.Cid // the inner nodes met, parents first
	total  uint64    // cumulative bytes of all blocks, leaves as claimed
}

// readFile reads the inner nodes of a file of more than one block.
func readFile(ctx context.Context, g Getter, file cid.Cid) (*fileReader, error) {
	f := &fileReader{g: g}
	total, err := f.node(ctx, file, 0, 0)
	f.total = total
	return f, err
}

// node reads one inner node and returns its cumulative size. Its parent says
// how many content bytes it holds and how many levels stand below it; a root
// (want 0) says so itself. The balanced layout leaves no choice beyond that:
// every child but the last is full.
func (f *fileReader) node(ctx context.Context, c cid.Cid, want uint64, height int) (uint64, error) {
	data, err := fetch(ctx, f.g, c)
	if err != nil {
		return 0, err
	}
	links, sizes, err := decodeFile(data)
	if err != nil {
		return 0, fmt.Errorf("file %s: %w", c, err)
	}
	content := sum(sizes)
	if want == 0 {
		want, height = content, heightOf(content)
		if content <= leafSize {
			return 0, misshapen("file %s of %d bytes is not one leaf", c, content)
		}
	}
	if content != want || content > maxFileLeaves*leafSize {
		return 0, misshapen("file node %s of %d bytes where %d are due", c, content, want)
	}
	f.inner = append(f.inner, c)
	total, full := uint64(len(data)), fullSize(height-1)
	for i, l := range links {
		if sizes[i] == 0 || sizes[i] > full || i < len(links)-1 && sizes[i] != full {
			return 0, misshapen("file node %s: child %d of %d bytes", c, i, sizes[i])
		}
		below, err := f.child(ctx, l, sizes[i], height-1)
		if err != nil {
			return 0, err
		}
		if below != l.size {
			return 0, misshapen("link to %s claims %d bytes, not %d", l.cid, l.size, below)
		}
		total += below
	}
	return total, nil
}

func (f *fileReader) child(ctx context.Context, l link, size uint64, height int) (uint64, error) {
	if isRaw(l.cid) != (height == 0) {
		return 0, misshapen("child %s on the wrong level", l.cid)
	}
	if height > 0 {
		return f.node(ctx, l.cid, size, height)
	}
	f.leaves = append(f.leaves, Leaf{CID: l.cid, Size: int64(size)})
	return size, nil
}

// heightOf is how many levels of inner nodes a file of that many bytes has.
func heightOf(content uint64) int {
	height := 1
	for height <= maxFileDepth && fullSize(height) < content {
		height++
	}
	return height
}

// fullSize is the most bytes below a node with that many levels under it.
func fullSize(height int) uint64 {
	size := uint64(leafSize)
	for range height {
		size *= nodeWidth
	}
	return size
}

func sum(sizes []uint64) uint64 {
	var total uint64
	for _, s := range sizes {
		total += s
	}
	return total
}

// decodeFile accepts an inner node of a file as the profile makes it: links
// without names, a size for each, no data of its own, no mode and no time.
func decodeFile(data []byte) ([]link, []uint64, error) {
	node, links, err := decodeNode(data)
	if err != nil {
		return nil, nil, err
	}
	fs, err := unixfs.FSNodeFromBytes(node.Data())
	if err != nil {
		return nil, nil, misshapen("%v", err)
	}
	sizes := fs.BlockSizes()
	if len(sizes) != len(links) || len(links) < 1 || len(links) > nodeWidth {
		return nil, nil, misshapen("file of %d links and %d sizes", len(links), len(sizes))
	}
	want := unixfs.NewFSNode(unixfs.TFile)
	for i, size := range sizes {
		if size > maxTsize || links[i].name != "" {
			return nil, nil, misshapen("file link %d", i)
		}
		want.AddBlockSize(size)
	}
	exact, err := want.GetBytes()
	if err != nil || !bytes.Equal(exact, node.Data()) {
		return nil, nil, misshapen("not a plain file")
	}
	return links, sizes, nil
}

// contentSize adds up leaves.
func contentSize(leaves []Leaf) int64 {
	var sum int64
	for _, l := range leaves {
		sum += l.Size
	}
	return sum
}

func appendNew(out []cid.Cid, seen map[cid.Cid]bool, c cid.Cid) []cid.Cid {
	if seen[c] {
		return out
	}
	seen[c] = true
	return append(out, c)
}
