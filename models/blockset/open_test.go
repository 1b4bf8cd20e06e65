package blockset

import (
	"errors"
	"strings"
	"testing"
	"time"

	dag "github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

func TestResolve(t *testing.T) {
	s, set := written(t)
	o, err := Open(t.Context(), s, set.Root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Files {
		c, size, err := o.Resolve(t.Context(), f.Path)
		if err != nil || c != f.CID || size != f.Size {
			t.Errorf("%s: %s %d %v", f.Path, c, size, err)
		}
	}
	s.gets = 0
	if _, _, err := o.Resolve(t.Context(), "v/360p24/00/00001.m4s"); err != nil || s.gets != 0 {
		t.Errorf("%v, %d blocks read for folders known", err, s.gets)
	}
	for _, path := range []string{
		"", "/", ".", "..", "v", "v/", "v/360p24", "v/360p24/00", "/master.m3u8", "master.m3u8/", "master.m3u8/x", "v//360p24/init.mp4",
		"v/../master.m3u8", "v/./360p24/init.mp4", "V/360p24/init.mp4", "v/360p24/00/00003.m4s", "x", "nothing", "a/b/c/d/e/f/g",
		"v/360p24/init.mp4\x00", "v\\360p24\\init.mp4", strings.Repeat("a/", 10000), "%2e%2e/x",
	} {
		if _, _, err := o.Resolve(t.Context(), path); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%q: %v", clip(path), err)
		}
	}
	delete(s.blocks, fileOf(t, set, "v/360p24/00/00000.m4s").CID)
	if _, _, err := o.Resolve(t.Context(), "v/360p24/00/00000.m4s"); !errors.Is(err, ErrMissingBlock) {
		t.Errorf("a missing inner node: %v", err)
	}
}

// node makes a dag-pb block of any kind.
func node(t *testing.T, s *store, data []byte, links ...link) link {
	t.Helper()
	n := dag.NodeWithData(data)
	if err := n.SetCidBuilder(builder()); err != nil {
		t.Fatal(err)
	}
	var size uint64
	var list []*ipld.Link
	for _, l := range links {
		list = append(list, &ipld.Link{Name: l.name, Size: l.size, Cid: l.cid})
		size += l.size
	}
	if err := n.SetLinks(list); err != nil {
		t.Fatal(err)
	}
	s.blocks[n.Cid()] = n.RawData()
	return link{cid: n.Cid(), size: size + uint64(len(n.RawData()))}
}

func leaf(s *store, data []byte) link {
	c := rawCID(data)
	s.blocks[c] = data
	return link{cid: c, size: uint64(len(data))}
}

func named(name string, l link) link { return link{name, l.cid, l.size} }

func fileData(sizes ...uint64) []byte {
	n := unixfs.NewFSNode(unixfs.TFile)
	for _, s := range sizes {
		n.AddBlockSize(s)
	}
	b, err := n.GetBytes()
	if err != nil {
		panic(err)
	}
	return b
}

func hashed(codec, code uint64, length int) cid.Cid {
	h, err := multihash.Sum([]byte("x"), code, length)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(codec, h)
}

// Every function that reads a DAG refuses those that no release has.
func TestHostileFolders(t *testing.T) {
	dir := unixfs.FolderPBData()
	for name, build := range map[string]func(s *store) link{
		"identity CID": func(s *store) link {
			return node(t, s, dir, link{"x", hashed(cid.Raw, multihash.IDENTITY, -1), 1})
		},
		"MD5":          func(s *store) link { return node(t, s, dir, link{"x", hashed(cid.Raw, multihash.MD5, -1), 1}) },
		"short digest": func(s *store) link { return node(t, s, dir, link{"x", hashed(cid.Raw, multihash.SHA2_256, 20), 1}) },
		"dag-cbor":     func(s *store) link { return node(t, s, dir, link{"x", hashed(cid.DagCBOR, multihash.SHA2_256, -1), 1}) },
		"CIDv0": func(s *store) link {
			return node(t, s, dir, link{"x", cid.NewCidV0(hashed(cid.Raw, multihash.SHA2_256, -1).Hash()), 1})
		},
		"parent":         func(s *store) link { return node(t, s, dir, named("..", leaf(s, []byte("x")))) },
		"empty name":     func(s *store) link { return node(t, s, dir, named("", leaf(s, []byte("x")))) },
		"slash":          func(s *store) link { return node(t, s, dir, named("a/b", leaf(s, []byte("x")))) },
		"zero byte":      func(s *store) link { return node(t, s, dir, named("a\x00", leaf(s, []byte("x")))) },
		"terminal codes": func(s *store) link { return node(t, s, dir, named("a\x1b[2J", leaf(s, []byte("x")))) },
		"long name":      func(s *store) link { return node(t, s, dir, named(strings.Repeat("a", 200), leaf(s, []byte("x")))) },
		"a name twice": func(s *store) link {
			return node(t, s, dir, named("a", leaf(s, []byte("x"))), named("a", leaf(s, []byte("y"))))
		},
		"no entries": func(s *store) link { return node(t, s, dir) },
		"HAMT": func(s *store) link {
			data, err := unixfs.HAMTShardData([]byte{1}, 256, 0x22)
			if err != nil {
				t.Fatal(err)
			}
			return node(t, s, data, named("00x", leaf(s, []byte("x"))))
		},
		"symlink": func(s *store) link {
			data, err := unixfs.SymlinkData("/etc/passwd")
			if err != nil {
				t.Fatal(err)
			}
			return node(t, s, data)
		},
		"folder with a mode": func(s *store) link {
			return node(t, s, unixfs.FolderPBDataWithStat(0o777, time.Unix(1, 0)), named("a", leaf(s, []byte("x"))))
		},
		"huge sizes": func(s *store) link { return node(t, s, dir, link{"a", leaf(s, []byte("x")).cid, 1 << 62}) },
		"garbage": func(s *store) link {
			b := []byte{0xff, 0xff, 0xff}
			c, _ := builder().Sum(b)
			s.blocks[c] = b
			return link{cid: c, size: 3}
		},
	} {
		s := newStore()
		bad := build(s)
		if _, err := decodeFolder(s.blocks[bad.cid]); !isOnly(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
		outer := node(t, s, dir, named("a", bad))
		for _, root := range []cid.Cid{bad.cid, outer.cid} {
			if err := Walk(t.Context(), s, root, func(cid.Cid, int) error { return nil }); !isOnly(err, ErrShape) {
				t.Errorf("%s: walk: %v", name, err)
			}
		}
		for reader, err := range map[string]error{"open": openErr(t, s, bad.cid), "verify": verifyErr(t, s, bad.cid), "leaves": leavesErr(t, s, bad.cid)} {
			if !isOnly(err, ErrShape) && !isOnly(err, ErrMissingEntry) {
				t.Errorf("%s: %s: %v", name, reader, err)
			}
		}
	}
}

func openErr(t *testing.T, s *store, root cid.Cid) error {
	_, err := Open(t.Context(), s, root)
	return err
}

func verifyErr(t *testing.T, s *store, root cid.Cid) error {
	_, err := Verify(t.Context(), s, root, nil)
	return err
}

func leavesErr(t *testing.T, s *store, root cid.Cid) error {
	_, err := Leaves(t.Context(), s, root)
	return err
}

func TestHostileFiles(t *testing.T) {
	base, set := written(t)
	for name, build := range map[string]func(s *store) link{
		"one leaf": func(s *store) link {
			return node(t, s, fileData(3), leaf(s, []byte("abc")))
		},
		"a size that lies": func(s *store) link {
			return node(t, s, fileData(leafSize, 4), leaf(s, noise(1, leafSize)), leaf(s, []byte("abc")))
		},
		"a short leaf first": func(s *store) link {
			return node(t, s, fileData(3, leafSize), leaf(s, []byte("abc")), leaf(s, noise(1, leafSize)))
		},
		"an empty leaf": func(s *store) link {
			return node(t, s, fileData(leafSize, 0), leaf(s, noise(1, leafSize)), leaf(s, nil))
		},
		"an empty last leaf": func(s *store) link {
			return node(t, s, fileData(leafSize, leafSize, 0), leaf(s, noise(1, leafSize)), leaf(s, noise(2, leafSize)), leaf(s, nil))
		},
		"a leaf claimed large": func(s *store) link {
			last := leaf(s, []byte("a"))
			last.size = 2 * leafSize
			return node(t, s, fileData(leafSize, 2*leafSize), leaf(s, noise(1, leafSize)), last)
		},
		"a named child": func(s *store) link {
			return node(t, s, fileData(leafSize, 1), named("a", leaf(s, noise(1, leafSize))), named("b", leaf(s, []byte("a"))))
		},
		"a file with a mode": func(s *store) link {
			n := unixfs.NewFSNode(unixfs.TFile)
			n.AddBlockSize(leafSize)
			n.AddBlockSize(1)
			n.SetMode(0o600)
			data, err := n.GetBytes()
			if err != nil {
				t.Fatal(err)
			}
			return node(t, s, data, leaf(s, noise(1, leafSize)), leaf(s, []byte("a")))
		},
		"sizes without children": func(s *store) link { return node(t, s, fileData(leafSize, leafSize)) },
		"data of its own": func(s *store) link {
			return node(t, s, unixfs.FilePBData([]byte("abc"), 3))
		},
		"a DAG bomb": func(s *store) link {
			below := leaf(s, noise(1, leafSize))
			size := uint64(leafSize)
			for range 9 {
				links, sizes := make([]link, nodeWidth), make([]uint64, nodeWidth)
				for i := range links {
					links[i], sizes[i] = below, size
				}
				below, size = node(t, s, fileData(sizes...), links...), min(size*nodeWidth, maxTsize)
				below.size = min(below.size, maxTsize)
			}
			return below
		},
		"a chain": func(s *store) link {
			below := leaf(s, noise(1, leafSize))
			for range 20_000 {
				below = node(t, s, fileData(leafSize), below)
			}
			return below
		},
		"a chain in a large file": func(s *store) link {
			deep := node(t, s, fileData(leafSize), node(t, s, fileData(leafSize), leaf(s, noise(1, leafSize))))
			return node(t, s, fileData(leafSize, leafSize), leaf(s, noise(1, leafSize)), deep)
		},
		"a folder among leaves": func(s *store) link {
			dir := node(t, s, unixfs.FolderPBData(), named("a", leaf(s, []byte("a"))))
			return node(t, s, fileData(leafSize, 1), leaf(s, noise(1, leafSize)), dir)
		},
		"a dag-pb leaf": func(s *store) link {
			dir := node(t, s, unixfs.FolderPBData(), named("a", leaf(s, []byte("a"))))
			block := uint64(len(s.blocks[dir.cid]))
			return node(t, s, fileData(leafSize, block), leaf(s, noise(1, leafSize)), link{"", dir.cid, block})
		},
		"an identity leaf": func(s *store) link {
			return node(t, s, fileData(leafSize, 1), leaf(s, noise(1, leafSize)), link{"", hashed(cid.Raw, multihash.IDENTITY, -1), 1})
		},
		"a large leaf": func(s *store) link { return leaf(s, noise(1, leafSize+1)) },
	} {
		s := newStore()
		bad := build(s)
		if _, err := Leaves(t.Context(), s, bad.cid); !isOnly(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
		if walked := name == "a chain" || name == "a folder among leaves"; walked {
			root := node(t, s, unixfs.FolderPBData(), named("a", bad)).cid
			if err := Walk(t.Context(), s, root, func(cid.Cid, int) error { return nil }); !isOnly(err, ErrShape) {
				t.Errorf("%s: walk: %v", name, err)
			}
		}
		whole := base.clone()
		for c, b := range s.blocks {
			whole.blocks[c] = b
		}
		f := newForger(t, whole, set)
		f.w.files["v/360p24/00/00000.m4s"] = models.File{Path: "v/360p24/00/00000.m4s", CID: bad.cid, DagSize: bad.size}
		if _, err := Verify(t.Context(), whole, f.sign(1), nil); !isOnly(err, ErrShape) {
			t.Errorf("%s: verify: %v", name, err)
		}
	}
}

// Files of two levels, from one leaf that comes again and again.
func TestHostileLargeFiles(t *testing.T) {
	s := newStore()
	one := leaf(s, noise(1, leafSize))
	level := func(n int, below link, size uint64) link {
		links, sizes := make([]link, n), make([]uint64, n)
		for i := range links {
			links[i], sizes[i] = below, size
		}
		return node(t, s, fileData(sizes...), links...)
	}
	full := level(nodeWidth, one, leafSize)
	if _, err := Leaves(t.Context(), s, level(3, full, nodeWidth*leafSize).cid); err != nil {
		t.Errorf("the harmless one: %v", err)
	}
	lie := node(t, s, fileData(nodeWidth*leafSize, 2*leafSize), full, level(1, one, leafSize))
	if _, err := Leaves(t.Context(), s, lie.cid); !isOnly(err, ErrShape) {
		t.Errorf("an inner node smaller than its parent says: %v", err)
	}
	if _, err := Leaves(t.Context(), s, level(98, full, nodeWidth*leafSize).cid); !isOnly(err, ErrShape) {
		t.Errorf("more than %d leaves: %v", maxFileLeaves, err)
	}
}

// A size that lies in the node and in the link to the leaf alike shows only to
// who reads the leaf.
func TestLyingLeafSize(t *testing.T) {
	whole, set := written(t)
	f := newForger(t, whole, set)
	short := leaf(whole, []byte("abc"))
	short.size = 10
	bad := node(t, whole, fileData(leafSize, 10), leaf(whole, noise(1, leafSize)), short)
	if leaves, err := Leaves(t.Context(), whole, bad.cid); err != nil || leaves[1].Size != 10 {
		t.Errorf("%v %v", leaves, err)
	}
	f.w.files["v/360p24/00/00000.m4s"] = models.File{Path: "v/360p24/00/00000.m4s", CID: bad.cid, DagSize: bad.size}
	if _, err := Verify(t.Context(), whole, f.sign(1), nil); !isOnly(err, ErrShape) {
		t.Error(err)
	}
}

// A small DAG that claims terabytes is refused before they are hashed.
func TestRepeatedLeavesAreBounded(t *testing.T) {
	whole, set := written(t)
	f := newForger(t, whole, set)
	one := leaf(whole, noise(1, leafSize))
	links, sizes := make([]link, nodeWidth), make([]uint64, nodeWidth)
	for i := range links {
		links[i], sizes[i] = one, leafSize
	}
	inner := node(t, whole, fileData(sizes...), links...)
	for i := range links {
		links[i], sizes[i] = inner, nodeWidth*leafSize
	}
	bomb := node(t, whole, fileData(sizes[:90]...), links[:90]...)
	f.w.files["v/360p24/00/00000.m4s"] = models.File{Path: "v/360p24/00/00000.m4s", CID: bomb.cid, DagSize: bomb.size}
	if _, err := Verify(t.Context(), whole, f.sign(1), nil); !isOnly(err, ErrShape) {
		t.Error(err)
	}
}

func TestDeepAndWideSets(t *testing.T) {
	dir := unixfs.FolderPBData()
	s := newStore()
	deep := named("a", leaf(s, []byte("x")))
	for range maxDepth {
		deep = named("a", node(t, s, dir, deep))
	}
	walkAll := func(root cid.Cid) error { return Walk(t.Context(), s, root, func(cid.Cid, int) error { return nil }) }
	if err := walkAll(deep.cid); err != nil {
		t.Errorf("%d names: %v", maxDepth, err)
	}
	if err := walkAll(node(t, s, dir, deep).cid); !isOnly(err, ErrShape) {
		t.Errorf("%d names: %v", maxDepth+1, err)
	}
	var links []link
	for n := range maxFolder + 1 {
		links = append(links, named("a"+strings.Repeat("b", n/100)+string(rune('a'+n%100/10))+string(rune('a'+n%10)), leaf(s, []byte("x"))))
	}
	if _, err := sorted(links); err != nil {
		t.Fatal(err)
	}
	if err := walkAll(node(t, s, dir, links...).cid); !isOnly(err, ErrShape) {
		t.Errorf("%d names in a folder: %v", len(links), err)
	}
	// Verify counts a folder as often as it is named.
	whole, set := written(t)
	f := newForger(t, whole, set)
	wide := node(t, whole, dir, links[:maxFolder]...)
	leaf(whole, []byte("x"))
	var many []link
	for n := range 101 {
		many = append(many, named("a"+string(rune('a'+n/26))+string(rune('a'+n%26)), wide))
	}
	bomb := node(t, whole, dir, many...)
	f.w.files["v"] = models.File{Path: "v", CID: bomb.cid, DagSize: bomb.size}
	for path := range f.w.files {
		if strings.HasPrefix(path, "v/") {
			delete(f.w.files, path)
		}
	}
	if _, err := Verify(t.Context(), whole, f.sign(1), nil); !isOnly(err, ErrShape) {
		t.Errorf("100,000 entries: %v", err)
	}
}
