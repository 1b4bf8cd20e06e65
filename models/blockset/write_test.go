package blockset

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	chunk "github.com/ipfs/boxo/chunker"
	dag "github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	uio "github.com/ipfs/boxo/ipld/unixfs/io"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	ipld "github.com/ipfs/go-ipld-format"

	"runnel/models"
)

type full struct{}

func (full) Put(context.Context, ...models.Block) error { return models.ErrUnavailable }

func TestWriteIsDeterministic(t *testing.T) {
	s, set := written(t)
	golden(t, "root.txt", []byte(set.Root.String()+"\n"))
	golden(t, "manifest.json", s.blocks[fileOf(t, set, manifestName).CID])
	golden(t, "manifest.sig", s.blocks[fileOf(t, set, signatureName).CID])

	other := newStore()
	rel := sample(t, other)
	slices.Reverse(rel.Files)
	again, err := Write(t.Context(), other, testKey(t, 1), rel)
	if err != nil {
		t.Fatal(err)
	}
	if again.Root != set.Root || !slices.Equal(again.Blocks, set.Blocks) {
		t.Errorf("another order of files: %s, not %s", again.Root, set.Root)
	}
	if third, err := Write(t.Context(), other, testKey(t, 2), rel); err != nil || third.Root == set.Root {
		t.Errorf("another key: %s %v", third.Root, err)
	}
}

func TestSetListsEverything(t *testing.T) {
	s, set := written(t)
	if len(set.Blocks) != len(s.blocks) || set.Blocks[len(set.Blocks)-1] != set.Root {
		t.Errorf("%d blocks of %d", len(set.Blocks), len(s.blocks))
	}
	var size int64
	for _, f := range set.Files {
		size += f.Size
	}
	r, err := Verify(t.Context(), s, set.Root, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Root: set.Root, Channel: set.Manifest.Channel, Title: set.Manifest.Title, Manifest: set.Manifest, Files: len(set.Files), Blocks: len(set.Blocks), Bytes: size}
	if !reflect.DeepEqual(r, want) || set.Bytes != size {
		t.Errorf("report %+v\n  want %+v", r, want)
	}
}

// A stock tool that adds the same files gets the same root: boxo's own
// importer and directories, over the files' bytes.
func TestSameRootAsBoxo(t *testing.T) {
	s, set := written(t)
	p := uio.UnixFS_v1_2025
	bs := blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))
	dserv := dag.NewDAGService(blockservice.New(bs, nil))
	root := directory(t, dserv, p)
	dirs := map[string]uio.Directory{"": root}
	for _, f := range set.Files {
		params := helpers.DagBuilderParams{Maxlinks: p.FileDAGWidth, RawLeaves: p.RawLeaves, CidBuilder: p.CidBuilder(), Dagserv: dserv}
		b, err := params.New(chunk.NewSizeSplitter(bytes.NewReader(read(t, s, f.CID)), p.ChunkSize))
		if err != nil {
			t.Fatal(err)
		}
		node, err := balanced.Layout(b)
		if err != nil {
			t.Fatal(err)
		}
		dir, name := splitPath(f.Path)
		for d := dir; dirs[d] == nil; d, _ = splitPath(d) {
			dirs[d] = directory(t, dserv, p)
		}
		if err := dirs[dir].AddChild(t.Context(), name, node); err != nil {
			t.Fatal(err)
		}
	}
	paths := sortedKeys(dirs)
	slices.Reverse(paths) // a folder after those below it
	for _, path := range paths {
		node, err := dirs[path].GetNode()
		if err != nil {
			t.Fatal(err)
		}
		if path == "" {
			if node.Cid() != set.Root {
				t.Errorf("boxo's root is %s, ours %s", node.Cid(), set.Root)
			}
			continue
		}
		parent, name := splitPath(path)
		if err := dirs[parent].AddChild(t.Context(), name, node); err != nil {
			t.Fatal(err)
		}
	}
}

func directory(t *testing.T, dserv ipld.DAGService, p uio.UnixFSProfile) uio.Directory {
	t.Helper()
	d, err := uio.NewDirectory(dserv, uio.WithCidBuilder(p.CidBuilder()), uio.WithSizeEstimationMode(p.HAMTSizeEstimation))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func splitPath(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

func read(t testing.TB, g Getter, c cid.Cid) []byte {
	t.Helper()
	leaves, err := Leaves(t.Context(), g, c)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, l := range leaves {
		data, err := g.Get(t.Context(), l.CID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data...)
	}
	return out
}

func TestManifestTellsTheCatalogue(t *testing.T) {
	_, set := written(t)
	rel := sample(t, newStore())
	got, want := set.Manifest.Release(), rel.Release
	if got.ID != want.ID || got.Title != want.Title || got.Description != want.Description || !slices.Equal(got.Tags, want.Tags) ||
		got.Width != 640 || got.Height != 360 || got.CreatedAt.Unix() != want.CreatedAt.Unix() || got.Poster != want.Poster || got.Rev != 2 ||
		*got.Loudness != (models.Loudness{Integrated: -23, Range: 4.5, TruePeak: -1}) {
		t.Errorf("release %+v", got)
	}
	for i, r := range set.Manifest.Models() {
		w := rel.Renditions[i]
		if r.ID != w.ID || r.Codec != w.Codec || r.Bandwidth != w.Bandwidth || r.Samples != w.Samples || r.Priming != w.Priming ||
			(w.FrameRate != nil && r.FrameRate.Cmp(w.FrameRate) != 0) || r.Hashes == "" || r.Bytes == 0 {
			t.Errorf("rendition %+v", r)
		}
	}
}

func TestSilenceHasNoLoudness(t *testing.T) {
	s := newStore()
	rel := sample(t, s)
	rel.Loudness = &models.Loudness{Integrated: -70, TruePeak: math.Inf(-1)}
	rel.Title = "not \xff UTF-8"
	set, err := Write(t.Context(), s, testKey(t, 1), rel)
	if err != nil {
		t.Fatal(err)
	}
	if set.Manifest.Loudness != nil || set.Manifest.Title != "not \uFFFD UTF-8" {
		t.Errorf("loudness %v, title %q", set.Manifest.Loudness, set.Manifest.Title)
	}
	if _, err := Open(t.Context(), s, set.Root); err != nil {
		t.Error(err)
	}
}

func TestWriteRefuses(t *testing.T) {
	drop := func(rel *Release, path string) {
		rel.Files = slices.DeleteFunc(rel.Files, func(f models.File) bool { return f.Path == path })
	}
	s := newStore()
	base := sample(t, s)
	fresh := func() Release {
		rel := base
		rel.Files, rel.Renditions, rel.Tags = slices.Clone(base.Files), slices.Clone(base.Renditions), slices.Clone(base.Tags)
		return rel
	}
	for name, spoil := range map[string]func(*Release){
		"no master":         func(r *Release) { drop(r, "master.m3u8") },
		"no init":           func(r *Release) { drop(r, "v/360p24/init.mp4") },
		"no playlist":       func(r *Release) { drop(r, "v/360p24/index.m3u8") },
		"a gap":             func(r *Release) { drop(r, "v/360p24/00/00001.m4s") },
		"no poster":         func(r *Release) { drop(r, "x/poster.jpg") },
		"a file twice":      func(r *Release) { r.Files = append(r.Files, r.Files[0]) },
		"a stray segment":   func(r *Release) { r.Files = append(r.Files, addBytes(t, s, "v/360p24/x.m4s", nil)) },
		"a stray rendition": func(r *Release) { r.Renditions = r.Renditions[:1] },
		"no renditions":     func(r *Release) { r.Renditions = nil },
		"a rendition twice": func(r *Release) { r.Renditions = append(r.Renditions, r.Renditions[0]) },
		"another medium":    func(r *Release) { r.Renditions[0].Media = models.MediaAudio },
		"its own manifest":  func(r *Release) { r.Files = append(r.Files, addBytes(t, s, manifestName, nil)) },
		"its own hash list": func(r *Release) { r.Files = append(r.Files, addBytes(t, s, "h/x.bin", nil)) },
		"a hostile name":    func(r *Release) { r.Files[0].Path = "../x" },
		"an undefined CID":  func(r *Release) { r.Files[0].CID = cid.Undef },
		"a false digest":    func(r *Release) { r.Files[0].SHA256[0]++ },
		"no block list":     func(r *Release) { r.Files[fileIndex(r, "v/360p24/00/00000.m4s")].Blocks = nil },
		"file and folder":   func(r *Release) { r.Files = append(r.Files, addBytes(t, s, "x", nil)) },
		"no id":             func(r *Release) { r.ID = "" },
		"no kind":           func(r *Release) { r.Kind = "" },
		"another channel":   func(r *Release) { r.ChannelID = "k51x" },
		"too many in a folder": func(r *Release) {
			for n := range maxFolder {
				r.Files = append(r.Files, models.File{Path: "s/" + strings.Repeat("x", n%100) + string(rune('a'+n/100)), CID: r.Files[0].CID, SHA256: r.Files[0].SHA256})
			}
			r.Files = append(r.Files, models.File{Path: "s/0", CID: r.Files[0].CID, SHA256: r.Files[0].SHA256})
		},
	} {
		rel := fresh()
		spoil(&rel)
		if _, err := Write(t.Context(), s, testKey(t, 1), rel); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rel := fresh()
	for range 10 {
		rel.Tags = append(rel.Tags, strings.Repeat("x", 10<<10))
	}
	if _, err := Write(t.Context(), s, testKey(t, 1), rel); !errors.Is(err, models.ErrTooLarge) {
		t.Errorf("a manifest above 64 KiB: %v", err)
	}
	if _, err := Write(t.Context(), full{}, testKey(t, 1), fresh()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a full store: %v", err)
	}
}

func fileIndex(r *Release, path string) int {
	return slices.IndexFunc(r.Files, func(f models.File) bool { return f.Path == path })
}
