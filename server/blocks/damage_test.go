package blocks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

func someBlocks(n, size int) []models.Block {
	out := make([]models.Block, n)
	for i := range out {
		data := bytes.Repeat([]byte{byte(i), byte(i >> 8), 7}, size/3)
		out[i] = models.Block{CID: key(sha256.Sum256(data)).cid(), Data: data}
	}
	return out
}

func mustPut(t testing.TB, s *Store, bs ...models.Block) {
	t.Helper()
	if err := s.Put(t.Context(), bs...); err != nil {
		t.Fatal(err)
	}
}

func (s *Store) pathOf(t testing.TB, c cid.Cid) string {
	t.Helper()
	k, ok := keyOf(c)
	if !ok {
		t.Fatal(c)
	}
	return s.path(k)
}

// rewrite changes a block's file behind the store's back.
func rewrite(t testing.TB, path string, change func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o444); err != nil {
		t.Fatal(err)
	}
}

// wellKnown is where the empty block lies: `ipfs cid format -b base32 -f %M` of
// its CID, below the two characters before the last.
const wellKnown = "qv/ciqohmgeikmpyhautl57jsezn64sij5oihsgjg4tjssjlgi3pbjlqvi"

func TestFiles(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "not", "yet", "there"))
	b := models.Block{CID: cid.MustParse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")}
	mustPut(t, s, b) // the empty block, named by its well-known CID
	path := s.pathOf(t, b.CID)
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o444 {
		t.Fatalf("%s: %v %v", path, info, err)
	}
	rel, err := filepath.Rel(s.dir, path)
	if err != nil || rel != wellKnown {
		t.Errorf("the empty block is %s, %v", rel, err)
	}
	if left, _ := os.ReadDir(s.temps.dir); len(left) != 0 {
		t.Errorf("%d temporary files left", len(left))
	}
}

func TestNames(t *testing.T) {
	for i := range 300 {
		k := key(sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		back, ok := parseName(k.name())
		n, isShard := parseShard(shardName(k.shard()))
		if !ok || back != k || !isShard || n != k.shard() {
			t.Fatalf("%s: %v %v, shard %d %v", k.name(), back, ok, n, isShard)
		}
	}
	good := key{}.name()
	for _, bad := range []string{"", good[1:], good + "a", good[:54] + "b", "CIQ" + good[3:], "../" + good, good[:54] + "1"} {
		if _, ok := parseName(bad); ok {
			t.Errorf("%q is a name", bad)
		}
	}
	for _, bad := range []string{"", "a", "aaa", "AA", "a1", "..", "a/"} {
		if _, ok := parseShard(bad); ok {
			t.Errorf("%q is a shard", bad)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add(key{}.name())
	f.Fuzz(func(t *testing.T, name string) {
		if k, ok := parseName(name); ok && k.name() != name {
			t.Errorf("%q is also %q", name, k.name())
		}
	})
}

// A block that is there is not written again, but counts as new.
func TestPutAgain(t *testing.T) {
	s := open(t, t.TempDir())
	b := someBlocks(1, 3000)[0]
	mustPut(t, s, b)
	path := s.pathOf(t, b.CID)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, b)
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("written again")
	}
	if time.Since(after.ModTime()) > time.Minute {
		t.Error("still old")
	}
}

func TestDamage(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"flipped":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
		"emptied":   func([]byte) []byte { return nil },
		"grown":     func(b []byte) []byte { return append(b, 0) },
		"huge":      func([]byte) []byte { return make([]byte, MaxBlock+1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			bs := someBlocks(3, 3000)
			mustPut(t, s, bs...)
			rewrite(t, s.pathOf(t, bs[1].CID), change)
			if _, err := s.Get(t.Context(), bs[1].CID); !errors.Is(err, models.ErrCorrupt) {
				t.Fatalf("get: %v", err)
			}
			if _, err := s.Blockstore().Get(t.Context(), bs[1].CID); !errors.Is(err, models.ErrCorrupt) {
				t.Fatalf("get by the adapter: %v", err)
			}
			mustPut(t, s, bs[1]) // heals
			got, err := s.Get(t.Context(), bs[1].CID)
			if err != nil || !bytes.Equal(got, bs[1].Data) {
				t.Fatalf("after healing: %v", err)
			}
			if r, err := s.Check(t.Context(), nil); err != nil || !r.Clean() || r.Blocks != 3 {
				t.Errorf("after healing: %+v %v", r, err)
			}
		})
	}
}

func TestFolderInABlocksPlace(t *testing.T) {
	s := open(t, t.TempDir())
	b := someBlocks(1, 30)[0]
	if err := os.MkdirAll(s.pathOf(t, b.CID), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), b.CID); !errors.Is(err, models.ErrCorrupt) {
		t.Errorf("get: %v", err)
	}
	if err := s.Put(t.Context(), b); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("put: %v", err)
	}
	if err := s.Writable(); err != nil {
		t.Errorf("one odd name made the store read-only: %v", err)
	}
}

func TestCheckFindsAll(t *testing.T) {
	s := open(t, t.TempDir())
	bs := someBlocks(40, 300)
	mustPut(t, s, bs...)
	var bad []cid.Cid
	for i, b := range bs[:5] {
		rewrite(t, s.pathOf(t, b.CID), func(data []byte) []byte { data[i] ^= 0x80; return data })
		bad = append(bad, b.CID)
	}
	gone := s.pathOf(t, bs[5].CID)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	from := s.pathOf(t, bs[6].CID)
	wrong := filepath.Join(filepath.Dir(s.pathOf(t, bs[7].CID)), filepath.Base(from))
	if err := os.Rename(from, wrong); err != nil {
		t.Fatal(err)
	}
	foreign := []string{"notes.txt", filepath.Join(filepath.Base(filepath.Dir(gone)), "x.tmp")}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	last, total := 0, 0
	r, err := s.Check(t.Context(), func(done, of int) { last, total = done, of })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(bad, func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	slices.Sort(r.Foreign)
	slices.Sort(foreign)
	rel, _ := filepath.Rel(s.dir, wrong)
	if !slices.Equal(r.Bad, bad) || !slices.Equal(r.Misnamed, []string{rel}) || !slices.Equal(r.Foreign, foreign) || r.Clean() {
		t.Errorf("%+v", r)
	}
	if r.Blocks != 33 || r.Bytes != 33*300 || last != 38 || total != 38 {
		t.Errorf("%d blocks, %d bytes, %d of %d", r.Blocks, r.Bytes, last, total)
	}
	if has, _ := s.Has(t.Context(), bs[5].CID); has {
		t.Error("a deleted block is there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Check(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What a crash leaves is swept; what another process is writing is not.
func TestSweepsLeftovers(t *testing.T) {
	dir := t.TempDir()
	living := open(t, dir)
	f, err := living.temps.write([]byte("half"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dead := filepath.Join(dir, tempDir, "dead")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "1"), []byte("half"), 0o444); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the leftovers are there: %v", err)
	}
	if _, err := os.Stat(f.Name()); err != nil {
		t.Errorf("a living process lost its file: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, tempDir)); len(left) != 1 {
		t.Errorf("%d folders left", len(left))
	}
}

func TestFree(t *testing.T) {
	s := open(t, t.TempDir())
	if n, err := s.Free(); err != nil || n <= 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, nil); err == nil {
		t.Error("opened a file")
	}
}
