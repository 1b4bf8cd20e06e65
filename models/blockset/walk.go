package blockset

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
)

// Walk visits every block of a set once: a folder or inner node before what is
// below it, names in order. It fetches and hashes each block, and refuses DAGs
// that are not of the shape of a set, but neither manifest nor sizes: Verify
// does. An error of visit ends the walk and is wrapped.
func Walk(ctx context.Context, g Getter, root cid.Cid, visit func(c cid.Cid, size int) error) error {
	err := walk(ctx, g, root, func(c cid.Cid, data []byte) error { return visit(c, len(data)) })
	if err != nil {
		return fmt.Errorf("blockset: walk %s: %w", root, err)
	}
	return nil
}

func walk(ctx context.Context, g Getter, root cid.Cid, visit func(cid.Cid, []byte) error) error {
	if err := checkCID(root); err != nil {
		return err
	}
	if isRaw(root) {
		return misshapen("root is not a folder")
	}
	w := &walker{g: g, visit: visit, seen: map[cid.Cid]bool{root: true}}
	return w.node(ctx, root, 0, 0)
}

type walker struct {
	g       Getter
	visit   func(cid.Cid, []byte) error
	seen    map[cid.Cid]bool
	lost    func(cid.Cid) // of Survey; nil: what is not there ends the walk
	entries int
}

// node visits a dag-pb block and what is below it. In a file, level is its
// depth below the file's root, from 1; in folders it is 0.
func (w *walker) node(ctx context.Context, c cid.Cid, depth, level int) error {
	data, err := fetch(ctx, w.g, c)
	if err != nil {
		if w.pass(c, err) {
			return nil
		}
		return err
	}
	links, isFolder, err := children(data)
	if err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	if isFolder {
		w.entries += len(links)
		depth++
	} else {
		level++
	}
	if isFolder && level > 0 || depth == 0 || depth > maxDepth || level > maxFileDepth || w.entries > maxEntries {
		return misshapen("%s: too deep or too many", c)
	}
	if err := w.visit(c, data); err != nil {
		return err
	}
	return w.below(ctx, links, depth, level)
}

// children decodes a dag-pb block of a set.
func children(data []byte) (links []link, isFolder bool, err error) {
	node, _, err := decodeNode(data)
	if err != nil {
		return nil, false, err
	}
	if bytes.Equal(node.Data(), unixfs.FolderPBData()) {
		f, err := decodeFolder(data)
		if err != nil {
			return nil, false, err
		}
		return f.links, true, nil
	}
	links, _, err = decodeFile(data)
	return links, false, err
}

// below visits the links of a node in order, leaves that stand together
// several at a time.
func (w *walker) below(ctx context.Context, links []link, depth, level int) error {
	var leaves []cid.Cid
	for _, l := range links {
		if w.seen[l.cid] {
			continue
		}
		w.seen[l.cid] = true
		if len(w.seen) > maxBlocks {
			return misshapen("more than %d blocks", maxBlocks)
		}
		if isRaw(l.cid) {
			leaves = append(leaves, l.cid)
			continue
		}
		if err := w.leaves(ctx, leaves); err != nil {
			return err
		}
		leaves = leaves[:0]
		if err := w.node(ctx, l.cid, depth, level); err != nil {
			return err
		}
	}
	return w.leaves(ctx, leaves)
}

func (w *walker) leaves(ctx context.Context, cids []cid.Cid) error {
	if w.lost != nil {
		return w.leavesThere(ctx, cids)
	}
	return each(ctx, w.g, cids, func(i int, data []byte) error { return w.visit(cids[i], data) })
}
