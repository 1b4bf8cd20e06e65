package blockset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// forger makes sets that are damaged but well formed: every block matches its
// CID and every link claims the right size.
type forger struct {
	t *testing.T
	s *store
	w *writer
	m *Manifest
}

func newForger(t *testing.T, s *store, set Set) *forger {
	t.Helper()
	f := &forger{t: t, s: s, w: &writer{batch: newBatch(s), files: map[string]models.File{}}}
	for _, file := range set.Files {
		f.w.files[file.Path] = file
	}
	m, err := ParseManifest(s.blocks[fileOf(t, set, manifestName).CID])
	if err != nil {
		t.Fatal(err)
	}
	f.m = m
	return f
}

func (f *forger) put(path string, data []byte) {
	f.t.Helper()
	file, err := addFile(f.t.Context(), f.w.batch, path, strings.NewReader(string(data)))
	if err != nil {
		f.t.Fatal(err)
	}
	f.w.files[path] = file
}

// link makes the root over the files as they are: what somebody without the key
// can do.
func (f *forger) link() cid.Cid {
	f.t.Helper()
	root, err := f.w.root(f.t.Context())
	if err == nil {
		err = f.w.batch.flush(f.t.Context())
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return root
}

// sign signs the manifest, with the tree as it is, and makes the root: what a
// channel can do to its own releases.
func (f *forger) sign(seed byte) cid.Cid {
	f.t.Helper()
	delete(f.w.files, manifestName)
	delete(f.w.files, signatureName)
	var err error
	if f.m.Tree, err = f.w.tree(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	b, err := canonical(f.m)
	if err != nil {
		f.t.Fatal(err)
	}
	sig, err := signManifest(testKey(f.t, seed), b)
	if err != nil {
		f.t.Fatal(err)
	}
	f.put(manifestName, b)
	f.put(signatureName, sig)
	return f.link()
}

var allDamage = []error{
	ErrBlock, ErrMissingBlock, ErrShape, ErrManifest, ErrSignature, ErrSigner, ErrExtraEntry, ErrMissingEntry,
	ErrTree, ErrPlaylist, ErrHashList, ErrSegment, ErrFile,
}

// isOnly reports whether an error is that kind of damage and no other.
func isOnly(err, kind error) bool {
	for _, other := range allDamage {
		if errors.Is(err, other) != (other == kind) {
			return false
		}
	}
	return kind == ErrMissingBlock || errors.Is(err, models.ErrCorrupt)
}

func replaced(s, old, with string) []byte {
	if !strings.Contains(s, old) {
		panic("nothing to replace: " + old)
	}
	return []byte(strings.Replace(s, old, with, 1))
}

func TestEachDamageHasItsError(t *testing.T) {
	whole, set := written(t)
	text := func(f *forger, path string) string { return string(read(t, f.s, f.w.files[path].CID)) }
	tests := []struct {
		name   string
		want   error
		opens  bool // Open cannot see it
		damage func(f *forger) cid.Cid
	}{
		{"nothing", nil, true, func(f *forger) cid.Cid { return f.link() }},
		{"nothing, signed again", nil, true, func(f *forger) cid.Cid { return f.sign(1) }},
		{"a flipped byte in a segment", ErrBlock, true, func(f *forger) cid.Cid {
			f.s.flip(f.w.files["v/360p24/00/00001.m4s"].CID)
			return set.Root
		}},
		{"a flipped byte in a leaf of three", ErrBlock, true, func(f *forger) cid.Cid {
			f.s.flip(f.w.files["v/360p24/00/00000.m4s"].Blocks[1])
			return set.Root
		}},
		{"a flipped byte in an inner node", ErrBlock, true, func(f *forger) cid.Cid {
			f.s.flip(f.w.files["v/360p24/00/00000.m4s"].CID)
			return set.Root
		}},
		{"a flipped byte in a folder", ErrBlock, true, func(f *forger) cid.Cid {
			f.s.flip(f.w.folders[1])
			return set.Root
		}},
		{"a flipped byte in the root", ErrBlock, false, func(f *forger) cid.Cid { f.s.flip(set.Root); return set.Root }},
		{"a flipped byte in the manifest", ErrBlock, false, func(f *forger) cid.Cid {
			f.s.flip(f.w.files[manifestName].CID)
			return set.Root
		}},
		{"a missing segment block", ErrMissingBlock, true, func(f *forger) cid.Cid {
			delete(f.s.blocks, f.w.files["a/aac-128-2/0-und/01/00257.m4s"].CID)
			return set.Root
		}},
		{"a missing root", ErrMissingBlock, false, func(f *forger) cid.Cid { delete(f.s.blocks, set.Root); return set.Root }},
		{"a changed manifest", ErrSignature, false, func(f *forger) cid.Cid {
			f.put(manifestName, replaced(text(f, manifestName), `"rev":2`, `"rev":3`))
			return f.link()
		}},
		{"a manifest with a space", ErrSignature, false, func(f *forger) cid.Cid {
			f.put(manifestName, replaced(text(f, manifestName), `{`, `{ `))
			return f.link()
		}},
		{"a changed signature", ErrSignature, false, func(f *forger) cid.Cid {
			f.put(signatureName, replaced(text(f, signatureName), `"sig":"w`, `"sig":"x`))
			return f.link()
		}},
		{"a signature with a space", ErrSignature, false, func(f *forger) cid.Cid {
			f.put(signatureName, replaced(text(f, signatureName), `{`, `{ `))
			return f.link()
		}},
		{"a signature of garbage", ErrSignature, false, func(f *forger) cid.Cid {
			f.put(signatureName, []byte("{}"))
			return f.link()
		}},
		{"another channel's signature", ErrSigner, false, func(f *forger) cid.Cid { return f.sign(2) }},
		{"an unknown version", ErrManifest, false, func(f *forger) cid.Cid { f.m.V = 2; return f.sign(1) }},
		{"no manifest", ErrMissingEntry, false, func(f *forger) cid.Cid { delete(f.w.files, manifestName); return f.link() }},
		{"no signature", ErrMissingEntry, false, func(f *forger) cid.Cid { delete(f.w.files, signatureName); return f.link() }},
		{"an added root entry", ErrExtraEntry, false, func(f *forger) cid.Cid { f.put("evil.js", []byte("x")); return f.link() }},
		{"a missing root entry", ErrMissingEntry, false, func(f *forger) cid.Cid { delete(f.w.files, masterName); return f.link() }},
		{"an added file, signed", ErrExtraEntry, true, func(f *forger) cid.Cid {
			f.put("v/360p24/evil.js", []byte("x"))
			return f.sign(1)
		}},
		{"an added file", ErrExtraEntry, false, func(f *forger) cid.Cid { f.put("x/evil.js", []byte("x")); return f.link() }},
		{"a missing segment, signed", ErrMissingEntry, true, func(f *forger) cid.Cid {
			delete(f.w.files, "v/360p24/00/00002.m4s")
			return f.sign(1)
		}},
		{"a changed playlist", ErrPlaylist, false, func(f *forger) cid.Cid {
			f.put("v/360p24/index.m3u8", []byte(mediaPlaylist(2)))
			return f.link()
		}},
		{"a changed playlist, signed", ErrPlaylist, true, func(f *forger) cid.Cid {
			f.put("v/360p24/index.m3u8", []byte(mediaPlaylist(2)))
			return f.sign(1)
		}},
		{"a changed I-frame playlist", ErrPlaylist, false, func(f *forger) cid.Cid {
			f.put("v/360p24/iframe.m3u8", []byte("#EXTM3U\n"))
			return f.link()
		}},
		{"a changed master", ErrPlaylist, false, func(f *forger) cid.Cid {
			f.put(masterName, []byte("#EXTM3U\nhttps://example.com/\n"))
			return f.link()
		}},
		{"a playlist out of order, signed for", ErrPlaylist, true, func(f *forger) cid.Cid {
			f.put("v/360p24/index.m3u8", replaced(mediaPlaylist(3), "00/00001", "00/00000"))
			f.m.Renditions[0].PlaylistSHA256 = f.w.files["v/360p24/index.m3u8"].SHA256
			return f.sign(1)
		}},
		{"a master that leads elsewhere, signed for", ErrPlaylist, true, func(f *forger) cid.Cid {
			f.put(masterName, []byte("#EXTM3U\nhttps://example.com/x.m3u8\n"))
			f.m.Files[masterName] = f.w.files[masterName].SHA256
			return f.sign(1)
		}},
		{"a master with a hidden line, signed for", ErrPlaylist, true, func(f *forger) cid.Cid {
			f.put(masterName, []byte("#EXTM3U\n#\rhttps://example.com/x.m3u8\n"))
			f.m.Files[masterName] = f.w.files[masterName].SHA256
			return f.sign(1)
		}},
		{"a changed hash list", ErrHashList, false, func(f *forger) cid.Cid {
			f.put("h/v-360p24.bin", []byte(strings.Repeat("x", 4*32)))
			return f.link()
		}},
		{"a changed hash list, signed", ErrHashList, true, func(f *forger) cid.Cid {
			f.put("h/v-360p24.bin", []byte(strings.Repeat("x", 4*32)))
			return f.sign(1)
		}},
		{"a hash list of another length, signed for", ErrHashList, true, func(f *forger) cid.Cid {
			f.put("h/v-360p24.bin", []byte(strings.Repeat("x", 5*32)))
			f.m.Renditions[0].HashesSHA256 = f.w.files["h/v-360p24.bin"].SHA256
			f.m.Files["h/v-360p24.bin"] = f.w.files["h/v-360p24.bin"].SHA256
			return f.sign(1)
		}},
		{"a changed segment", ErrSegment, false, func(f *forger) cid.Cid {
			f.put("v/360p24/00/00002.m4s", noise(99, 3000))
			return f.link()
		}},
		{"swapped segments", ErrSegment, false, func(f *forger) cid.Cid {
			a, b := "v/360p24/00/00001.m4s", "v/360p24/00/00002.m4s"
			f.w.files[a], f.w.files[b] = f.w.files[b], f.w.files[a]
			return f.link()
		}},
		{"a changed poster", ErrFile, false, func(f *forger) cid.Cid { f.put("x/poster.jpg", []byte("x")); return f.link() }},
		{"a false count of bytes, signed for", ErrManifest, true, func(f *forger) cid.Cid {
			f.m.Renditions[0].Bytes++
			return f.sign(1)
		}},
		{"a false size of the manifest", ErrShape, false, func(f *forger) cid.Cid {
			file := f.w.files[manifestName]
			file.DagSize++
			f.w.files[manifestName] = file
			return f.link()
		}},
		{"a false size of a file of leaves, signed", ErrShape, true, func(f *forger) cid.Cid {
			file := f.w.files["v/360p24/00/00000.m4s"]
			file.DagSize++
			f.w.files["v/360p24/00/00000.m4s"] = file
			return f.sign(1)
		}},
		{"a false size of a file's second name, signed", ErrShape, true, func(f *forger) cid.Cid {
			file := f.w.files["x/poster.jpg"] // the same bytes as x/cover.jpg
			file.DagSize++
			f.w.files["x/poster.jpg"] = file
			return f.sign(1)
		}},
		{"a false size of a folder", ErrShape, true, func(f *forger) cid.Cid {
			root, err := decodeFolder(f.s.blocks[set.Root])
			if err != nil {
				f.t.Fatal(err)
			}
			root.links[len(root.links)-1].size++
			b, _, err := encodeFolder(root.links)
			if err != nil {
				f.t.Fatal(err)
			}
			f.s.blocks[b.CID] = b.Data
			return b.CID
		}},
		{"a path of seven names", ErrShape, true, func(f *forger) cid.Cid {
			f.w.files["x/2/3/4/5/6/7"] = f.w.files["x/poster.jpg"]
			return f.sign(1)
		}},
		{"a false size in a link", ErrShape, false, func(f *forger) cid.Cid {
			file := f.w.files["x/cover.jpg"]
			file.DagSize++
			f.w.files["x/cover.jpg"] = file
			return f.link()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newForger(t, whole.clone(), set)
			f.link() // fills in f.w.folders
			root := test.damage(f)
			_, err := Verify(t.Context(), f.s, root, nil)
			if test.want == nil && err != nil || test.want != nil && !isOnly(err, test.want) {
				t.Errorf("verify: %v\nwant %v", err, test.want)
			}
			_, err = Open(t.Context(), f.s, root)
			if (err == nil) != test.opens {
				t.Errorf("open: %v", err)
			}
		})
	}
}

// The tree is the last word: it covers what no other hash does.
func TestTreeIsChecked(t *testing.T) {
	s, set := written(t)
	f := newForger(t, s.clone(), set)
	f.m.Tree["x"] = f.w.files[masterName].CID.String()
	b, err := canonical(f.m)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signManifest(testKey(t, 1), b)
	if err != nil {
		t.Fatal(err)
	}
	f.put(manifestName, b)
	f.put(signatureName, sig)
	root := f.link()
	if _, err := Verify(t.Context(), f.s, root, nil); !isOnly(err, ErrTree) {
		t.Errorf("verify: %v", err)
	}
	if _, err := Open(t.Context(), f.s, root); !isOnly(err, ErrTree) {
		t.Errorf("open: %v", err)
	}
}

type failing struct {
	*store
	err error
}

func (f failing) Get(context.Context, cid.Cid) ([]byte, error) {
	return nil, fmt.Errorf("getter: %w", f.err)
}

func TestGetterErrorsKeepTheirMeaning(t *testing.T) {
	s, set := written(t)
	for _, want := range []error{models.ErrCorrupt, models.ErrNotFound, models.ErrUnavailable, context.Canceled} {
		_, err := Verify(t.Context(), failing{s, want}, set.Root, nil)
		if !errors.Is(err, want) {
			t.Errorf("%v became %v", want, err)
		}
		if missing := want == models.ErrNotFound || want == models.ErrUnavailable; errors.Is(err, ErrMissingBlock) != missing {
			t.Errorf("%v: %v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, failing{s, models.ErrUnavailable}, set.Root, nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrMissingBlock) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestProgress(t *testing.T) {
	s, set := written(t)
	var last, total, calls int64
	_, err := Verify(t.Context(), s, set.Root, func(done, of int64) {
		if done < last || total != 0 && of != total {
			t.Errorf("%d of %d after %d of %d", done, of, last, total)
		}
		last, total, calls = done, of, calls+1
	})
	if err != nil || last != total || calls != int64(len(set.Files)) {
		t.Errorf("%v: %d of %d in %d calls", err, last, total, calls)
	}
}
