package delivery

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"runnel/server/cache"
)

// fileViewer is a node that has the release on its own disk, and a holder to ask.
// Its files are old enough to be believed once they have been hashed.
func fileViewer(t *testing.T) *viewer {
	t.Helper()
	v := newViewer(t, Config{})
	v.holder.store.copyTo(t, v.local)
	for _, leaf := range fileOf(t, v.set, threeLeaves).Blocks[:3] {
		until(t, "a hash that is believed", func() bool {
			_, err := v.local.Get(t.Context(), leaf)
			f, _, openErr := v.local.OpenChecked(t.Context(), leaf)
			_ = f.Close()
			return err == nil && openErr == nil
		})
	}
	return v
}

// threeLeaves is a segment of two whole leaves and a half.
const threeLeaves = rendition + "/00/00002.m4s"

// opened opens the segment once every leaf of it has been read, so that each goes
// out from its file.
func opened(t *testing.T, v *viewer) *Content {
	t.Helper()
	for range 2 {
		c, err := v.Open(t.Context(), v.set.Root, threeLeaves)
		if err != nil {
			t.Fatal(err)
		}
		files := 0
		for i := range c.leaves {
			if err := c.load(i); err != nil {
				t.Fatal(err)
			}
			if c.open != nil {
				files++
			}
		}
		t.Cleanup(func() { _ = c.Close() })
		if files == 3 {
			return c
		}
	}
	t.Fatal("the leaves are not sent from their files")
	return nil
}

// What is on disk goes out from there once it has been hashed, to whoever reads
// in whatever way, and takes no room among what peers send.
func TestFromFile(t *testing.T) {
	v := fileViewer(t)
	want := content()[threeLeaves]
	c := opened(t, v)
	if c.Source() != SourceLocal || c.Size() != int64(len(want)) {
		t.Errorf("%d bytes from %s", c.Size(), c.Source())
	}
	if _, whole := c.Bytes(); whole {
		t.Error("a file claims to be in memory")
	}
	if err := iotest.TestReader(c, want); err != nil {
		t.Error(err)
	}
	if _, err := c.Seek(1000, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := c.SendTo(&out, 2<<20); err != nil || n != 2<<20 || !bytes.Equal(out.Bytes(), want[1000:1000+2<<20]) {
		t.Errorf("SendTo: %d, %v", n, err)
	}
	// A node that starts on these files reads each once, and keeps it nowhere.
	store, mem := openStoreIn(t, v.dir), cache.NewMemory(32<<20)
	fresh := &viewer{Delivery: New(Config{}, mem, store, v.holder, slog.New(slog.DiscardHandler), v.seen), set: v.set}
	opened(t, fresh)
	for _, l := range c.leaves {
		if _, ok := mem.Get(l.CID); ok {
			t.Errorf("leaf %s lies in memory beside its file", l.CID)
		}
	}
	if v.seen.count("served local") == 0 || v.seen.count("served peer") > 0 {
		t.Errorf("%v", v.seen.events)
	}
}

func TestFileOverHTTP(t *testing.T) {
	v := fileViewer(t)
	want := content()[threeLeaves]
	opened(t, v)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := v.Open(r.Context(), v.set.Root, threeLeaves)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		http.ServeContent(w, r, "", time.Time{}, c)
	}))
	defer server.Close()
	for header, part := range map[string][]byte{"": want, "bytes=10-19": want[10:20], "bytes=1048570-1048589": want[1048570:1048590], "bytes=-5": want[len(want)-5:]} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			req.Header.Set("Range", header)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || !bytes.Equal(got, part) {
			t.Errorf("%q: %d bytes of %d, %v", header, len(got), len(part), err)
		}
	}
}

// A file that was changed after it had been hashed is neither sent nor left so.
func TestDamagedFileIsHealed(t *testing.T) {
	v := fileViewer(t)
	want := content()[threeLeaves]
	c := opened(t, v)
	leaf := c.leaves[1].CID
	damaged := 0
	err := filepath.WalkDir(v.dir, func(p string, d os.DirEntry, err error) error {
		name, nameErr := multihashName(leaf)
		if err != nil || nameErr != nil || d.Name() != name {
			return err
		}
		damaged++
		return errors.Join(os.Chmod(p, 0o644), os.WriteFile(p, []byte("other bytes"), 0o444), os.Chmod(p, 0o444))
	})
	if err != nil || damaged != 1 {
		t.Fatalf("%d files: %v", damaged, err)
	}
	again, err := v.Open(t.Context(), v.set.Root, threeLeaves)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	got, err := io.ReadAll(again)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if data, err := v.local.Get(t.Context(), leaf); err != nil || !bytes.Equal(data, want[1<<20:2<<20]) {
		t.Errorf("not healed: %v", err)
	}
	if v.holder.count(leaf) != 1 {
		t.Errorf("the holder was asked %d times", v.holder.count(leaf))
	}
}
