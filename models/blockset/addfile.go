package blockset

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"

	"runnel/models"
)

// AddFile reads r to its end and puts it as a UnixFS file of the profile
// unixfs-v1-2025, with the CID that any tool of that profile gives. It holds at
// most some tens of MiB, whatever the length. Every block is durable when AddFile
// returns; after an error some may be, and nothing refers to them. In the
// result's Blocks each block stands once, leaves first.
//
// Every parameter of the profile is passed here; boxo's process-wide defaults
// are neither read nor set. The one that cannot be passed, the order of fields
// in a dag-pb node, is the profile's by default.
func AddFile(ctx context.Context, p Putter, path string, r io.Reader) (models.File, error) {
	b := newBatch(p)
	defer b.wait()
	f, err := addFile(ctx, b, path, r)
	if err == nil {
		err = b.flush(ctx)
	}
	if err != nil {
		return models.File{}, fmt.Errorf("blockset: add %s: %w", path, err)
	}
	return f, nil
}

func addFile(ctx context.Context, to *batch, path string, r io.Reader) (models.File, error) {
	if err := checkPath(path); err != nil {
		return models.File{}, invalid("%v", err)
	}
	cut := newCutter(r)
	defer cut.stop()
	s := &sink{ctx: ctx, batch: to, cut: cut, seen: map[cid.Cid]bool{}}
	params := helpers.DagBuilderParams{Maxlinks: nodeWidth, RawLeaves: true, CidBuilder: cut.builder(), Dagserv: s}
	b, err := params.New(cut)
	if err != nil {
		return models.File{}, err
	}
	root, err := balanced.Layout(b)
	if err != nil {
		return models.File{}, err
	}
	dagSize, err := root.Size()
	if err != nil {
		return models.File{}, err
	}
	return models.File{
		Path: path, CID: root.Cid(), Size: s.size, DagSize: dagSize, SHA256: s.sum(root.Cid()),
		Blocks: append(s.leaves, s.nodes...),
	}, nil
}

// sink is the part of ipld.DAGService that the balanced importer calls: Add,
// with the leaves in file order. It keeps the context because the importer
// passes none of its own.
type sink struct {
	ipld.DAGService
	ctx    context.Context
	batch  *batch
	cut    *cutter
	seen   map[cid.Cid]bool
	leaves []cid.Cid
	nodes  []cid.Cid
	first  []byte
	all    hash.Hash // from the second leaf on; one leaf's digest is its CID's
	size   int64
}

// Add takes one node.
func (s *sink) Add(_ context.Context, n ipld.Node) error {
	c, data := n.Cid(), n.RawData()
	if isRaw(c) {
		s.digest(data)
		s.leaves = appendNew(s.leaves, s.seen, c)
	} else {
		s.nodes = appendNew(s.nodes, s.seen, c)
	}
	return s.batch.add(s.ctx, s.cut.take(c, data))
}

func (s *sink) digest(leaf []byte) {
	switch {
	case s.size == 0:
		s.first = leaf
	case s.all == nil:
		s.all = sha256.New()
		s.all.Write(s.first)
		s.first = nil
		fallthrough
	default:
		s.all.Write(leaf)
	}
	s.size += int64(len(leaf))
}

func (s *sink) sum(root cid.Cid) (sum [sha256.Size]byte) {
	if s.all == nil {
		copy(sum[:], digestOf(root))
		return sum
	}
	s.all.Sum(sum[:0])
	return sum
}
