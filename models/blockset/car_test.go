package blockset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
	"github.com/ipld/go-car/v2"
	"github.com/ipld/go-car/v2/blockstore"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

func TestWalk(t *testing.T) {
	s, set := written(t)
	var got []cid.Cid
	size := 0
	err := Walk(t.Context(), s, set.Root, func(c cid.Cid, n int) error {
		got, size = append(got, c), size+n
		if n != len(s.blocks[c]) {
			t.Errorf("%s has %d bytes", c, n)
		}
		return nil
	})
	if err != nil || got[0] != set.Root {
		t.Fatal(err, got[0])
	}
	if a, b := sortedCIDs(got), sortedCIDs(set.Blocks); !slices.Equal(a, b) {
		t.Errorf("%d blocks walked, %d written", len(a), len(b))
	}
	stop := errors.New("stop")
	if err := Walk(t.Context(), s, set.Root, func(cid.Cid, int) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	s.flip(fileOf(t, set, "x/poster.jpg").CID)
	if err := Walk(t.Context(), s, set.Root, func(cid.Cid, int) error { return nil }); !isOnly(err, ErrBlock) {
		t.Error(err)
	}
}

func sortedCIDs(list []cid.Cid) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.String())
	}
	slices.Sort(out)
	return out
}

func exported(t testing.TB, s *store, root cid.Cid) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := ExportCAR(t.Context(), s, root, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCARThereAndBack(t *testing.T) {
	s, set := written(t)
	b := exported(t, s, set.Root)
	if !bytes.Equal(b, exported(t, s, set.Root)) {
		t.Error("two exports differ")
	}
	other := newStore()
	root, err := ImportCAR(t.Context(), bytes.NewReader(b), other)
	if err != nil || root != set.Root || len(other.blocks) != len(s.blocks) {
		t.Fatalf("%s, %d blocks of %d: %v", root, len(other.blocks), len(s.blocks), err)
	}
	if _, err := Verify(t.Context(), other, root, nil); err != nil {
		t.Error(err)
	}
	// Another reader of the format finds the same.
	theirs, err := blockstore.NewReadOnly(bytes.NewReader(b), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range set.Blocks {
		if ok, err := theirs.Has(t.Context(), c); !ok || err != nil {
			t.Errorf("%s: %v %v", c, ok, err)
		}
	}
}

// An *os.File that cannot seek is written to like any other.
func TestExportToAPipe(t *testing.T) {
	s, set := written(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(r)
		done <- b
	}()
	if err := ExportCAR(t.Context(), s, set.Root, w); err != nil {
		t.Error(err)
	}
	w.Close()
	if !bytes.Equal(<-done, exported(t, s, set.Root)) {
		t.Error("a pipe got other bytes")
	}
}

func section(c cid.Cid, data []byte) []byte {
	body := append(c.Bytes(), data...)
	return append(binary.AppendUvarint(nil, uint64(len(body))), body...)
}

func TestHostileCAR(t *testing.T) {
	s, set := written(t)
	whole := exported(t, s, set.Root)
	headerLen := int(whole[0]) + 1
	header := whole[:headerLen]
	rootSection := section(set.Root, s.blocks[set.Root])
	for name, input := range map[string][]byte{
		"empty":             {},
		"text":              []byte("hello, this is not a CAR at all"),
		"header only":       header,
		"cut":               whole[:len(whole)-1],
		"cut in the root":   whole[:headerLen+20],
		"header of 2^62":    {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 1, 2, 3},
		"header of 1 MiB":   append(binary.AppendUvarint(nil, 1<<20), make([]byte, 1<<20)...),
		"section of 2^40":   append(slices.Clone(header), binary.AppendUvarint(nil, 1<<40)...),
		"section of 3 MiB":  append(slices.Clone(header), section(rawCID(make([]byte, 3<<20)), make([]byte, 3<<20))...),
		"zero sections":     append(slices.Clone(header), make([]byte, 100)...),
		"garbage CID":       append(slices.Clone(header), 5, 0xff, 0xff, 0xff, 0xff, 0xff),
		"wrong bytes":       append(slices.Clone(header), section(set.Root, []byte("other"))...),
		"an identity block": append(slices.Clone(header), section(hashed(cid.Raw, multihash.IDENTITY, -1), []byte("x"))...),
		"an MD5 block":      append(slices.Clone(header), section(hashed(cid.Raw, multihash.MD5, -1), []byte("x"))...),
		"an unknown codec":  append(slices.Clone(header), section(hashed(0x300000, multihash.SHA2_256, -1), []byte("x"))...),
		"a block of no set": slices.Concat(header, rootSection, section(rawCID([]byte("stray")), []byte("stray"))),
		"leaves first":      slices.Concat(header, section(fileOf(t, set, masterName).CID, []byte(master)), rootSection),
		"CARv2":             slices.Concat(car.Pragma, make([]byte, 40), whole),
		"CARv2 lying":       slices.Concat(car.Pragma, make([]byte, 16), bytes.Repeat([]byte{0xff}, 24), whole),
		"two roots":         slices.Concat(headerOf(set.Root, set.Root), whole[headerLen:]),
		"no roots":          slices.Concat(headerOf(), whole[headerLen:]),
		"an identity root":  slices.Concat(headerOf(hashed(cid.Raw, multihash.IDENTITY, -1)), whole[headerLen:]),
		"a raw root":        slices.Concat(headerOf(rawCID([]byte("x"))), section(rawCID([]byte("x")), []byte("x"))),
		"one block again":   slices.Concat(header, bytes.Repeat(rootSection, maxRepeats+2), whole[headerLen+len(rootSection):]),
		"another root":      slices.Concat(headerOf(hashed(cid.DagProtobuf, multihash.SHA2_256, -1)), whole[headerLen:]),
	} {
		to := newStore()
		root, err := ImportCAR(t.Context(), bytes.NewReader(input), to)
		if !errors.Is(err, models.ErrCorrupt) && !errors.Is(err, ErrMissingBlock) {
			t.Errorf("%s: %s, %v", name, root, err)
		}
	}
	stray := slices.Concat(header, rootSection, section(rawCID([]byte("stray")), []byte("stray")), whole[headerLen+len(rootSection):])
	if _, err := ImportCAR(t.Context(), bytes.NewReader(stray), newStore()); !isOnly(err, ErrShape) {
		t.Errorf("a stray block in a whole set: %v", err)
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	if _, err := ImportCAR(t.Context(), bytes.NewReader(flipped), nowhere{}); !isOnly(err, ErrBlock) {
		t.Errorf("a flipped byte: %v", err)
	}
	symlink := newStore()
	data, err := unixfs.SymlinkData("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	bad := node(t, symlink, data)
	if _, err := ImportCAR(t.Context(), bytes.NewReader(append(headerOf(bad.cid), section(bad.cid, symlink.blocks[bad.cid])...)), newStore()); !isOnly(err, ErrShape) {
		t.Errorf("a symlink: %v", err)
	}
	if !bytes.Equal(headerOf(set.Root), header) {
		t.Errorf("the test's header is not go-car's")
	}
	if _, err := ImportCAR(t.Context(), bytes.NewReader(whole), full{}); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a full store: %v", err)
	}
	broken := errors.New("broken")
	if _, err := ImportCAR(t.Context(), io.MultiReader(bytes.NewReader(whole[:5000]), failingReader{broken}), newStore()); !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// headerOf writes a CARv1 header by hand: {"roots": […], "version": 1} in CBOR.
func headerOf(roots ...cid.Cid) []byte {
	b := []byte{0xa2, 0x65, 'r', 'o', 'o', 't', 's', 0x80 | byte(len(roots))}
	for _, c := range roots {
		b = append(b, 0xd8, 0x2a, 0x58, byte(c.ByteLen()+1), 0)
		b = append(b, c.Bytes()...)
	}
	b = append(b, 0x67, 'v', 'e', 'r', 's', 'i', 'o', 'n', 1)
	return append(binary.AppendUvarint(nil, uint64(len(b))), b...)
}

func TestExportDir(t *testing.T) {
	s, set := written(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := ExportDir(t.Context(), s, set.Root, dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil || !bytes.Equal(got, read(t, s, f.CID)) {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
	if err := ExportDir(t.Context(), s, set.Root, dir); !errors.Is(err, models.ErrExists) {
		t.Errorf("over another: %v", err)
	}
	// A folder that somebody has put a link into leads nowhere else.
	trap, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(trap, "v")); err != nil {
		t.Fatal(err)
	}
	if err := ExportDir(t.Context(), s, set.Root, trap); err == nil {
		t.Error("wrote through a link")
	}
	if list, err := os.ReadDir(outside); err != nil || len(list) != 0 {
		t.Errorf("outside: %v %v", list, err)
	}
}

func FuzzImportCAR(f *testing.F) {
	s := newStore()
	set, err := Write(f.Context(), s, testKey(f, 1), small(f, s))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(exported(f, s, set.Root))
	f.Add(headerOf(set.Root))
	f.Add(slices.Concat(car.Pragma, make([]byte, 60)))
	f.Fuzz(func(t *testing.T, input []byte) {
		to := newStore()
		root, err := ImportCAR(context.Background(), bytes.NewReader(input), to)
		if err != nil {
			return
		}
		if err := Walk(context.Background(), to, root, func(cid.Cid, int) error { return nil }); err != nil && !errors.Is(err, ErrShape) {
			t.Fatalf("imported, but %v", err)
		}
	})
}
