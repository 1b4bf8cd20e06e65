package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"

	"runnel/models"
	"runnel/server/cache"
)

func multihashName(c cid.Cid) (string, error) {
	s, err := multibase.Encode(multibase.Base32, c.Hash())
	return strings.TrimPrefix(s, "b"), err
}

func TestEveryFileWhole(t *testing.T) {
	v := newViewer(t, Config{})
	for path, want := range content() {
		c, err := v.Open(t.Context(), v.set.Root, path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Size() != int64(len(want)) || c.CID() != fileOf(t, v.set, path).CID || c.Source() != SourcePeer {
			t.Errorf("%s: %d bytes, %s, %s", path, c.Size(), c.CID(), c.Source())
		}
		if err := iotest.TestReader(c, want); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		whole, one := c.Bytes()
		if one != (len(want) <= 1<<20) || one && !bytes.Equal(whole, want) {
			t.Errorf("%s: Bytes %v", path, one)
		}
		if _, err := c.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if n, err := c.WriteTo(&out); err != nil || n != c.Size() || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: WriteTo %d, %v", path, n, err)
		}
		_ = c.Close()
		if _, err := c.Read(make([]byte, 1)); err == nil || c.Close() != nil {
			t.Errorf("%s: read after close: %v", path, err)
		}
	}
}

func TestRangesAcrossLeaves(t *testing.T) {
	v := newViewer(t, Config{})
	path := segment{rendition, 2}.path()
	want := content()[path]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := v.Open(r.Context(), v.set.Root, path)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer c.Close()
		w.Header().Set("ETag", `"`+c.CID().String()+`"`)
		http.ServeContent(w, r, "", time.Time{}, c)
	}))
	defer server.Close()
	const mib = 1 << 20
	last := len(want) - 1
	for _, r := range [][2]int{{0, last}, {0, 0}, {mib - 1, mib}, {mib, mib}, {mib - 5, 2*mib + 5}, {2 * mib, last}, {last, last}, {7, 2*mib - 1}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", r[0], r[1]))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want[r[0]:r[1]+1]) {
			t.Errorf("%v: %d, %d bytes, %v", r, resp.StatusCode, len(got), err)
		}
	}
}

func TestSeek(t *testing.T) {
	v := newViewer(t, Config{})
	c, err := v.Open(t.Context(), v.set.Root, segment{rendition, 0}.path())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		offset int64
		whence int
		want   int64
		bad    bool
	}{{10, io.SeekStart, 10, false}, {5, io.SeekCurrent, 15, false}, {-1, io.SeekEnd, 2999, false},
		{-1, io.SeekStart, 0, true}, {0, 9, 0, true}, {5000, io.SeekStart, 5000, false}} {
		got, err := c.Seek(s.offset, s.whence)
		if (err != nil) != s.bad || !s.bad && got != s.want {
			t.Errorf("%+v: %d, %v", s, got, err)
		}
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("beyond the end: %v", err)
	}
}

func TestOpensOnlyWhatTheTreeNames(t *testing.T) {
	v := newViewer(t, Config{})
	for _, path := range []string{"", "/", "v", rendition, rendition + "/00", "../x", "v/../master.m3u8", "/master.m3u8",
		"master.m3u8/", rendition + "/00/00012.m4s", "x\x00y", strings.Repeat("a/", 5000), "master.m3u8/x"} {
		if _, err := v.Open(t.Context(), v.set.Root, path); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%.20q: %v", path, err)
		}
		if _, _, err := v.Resolve(t.Context(), v.set.Root, path); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("resolve %.20q: %v", path, err)
		}
	}
	if _, err := v.Open(t.Context(), v.segment(0), "master.m3u8"); err == nil {
		t.Error("opened a segment as a release")
	}
	c, size, err := v.Resolve(t.Context(), v.set.Root, segment{rendition, 2}.path())
	if err != nil || size != 5<<19 || c != v.segment(2) {
		t.Errorf("%s %d %v", c, size, err)
	}
	if n := v.holder.count(fileOf(t, v.set, segment{rendition, 2}.path()).Blocks[0]); n != 0 {
		t.Error("resolving read the media")
	}
}

func TestLeafMissingIsAnErrorAtOpen(t *testing.T) {
	v := newViewer(t, Config{})
	path := segment{rendition, 2}.path()
	f := fileOf(t, v.set, path)
	v.holder.store.drop(f.Blocks[0])
	if _, err := v.Open(t.Context(), v.set.Root, path); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the first leaf is gone: %v", err)
	}
	if _, err := v.File(t.Context(), v.set.Root, f.Blocks[1]); err != nil {
		t.Errorf("a leaf by itself: %v", err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	v := newViewer(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	c, err := v.Open(ctx, v.set.Root, segment{rendition, 2}.path())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A release is opened once and the number of opened ones is bounded.
func TestRootsAreBounded(t *testing.T) {
	local := &vault{}
	d := New(Config{Roots: 4}, cache.NewMemory(0), local, nil, slog.New(slog.DiscardHandler), nil)
	for n := range 30 {
		set := publishAs(t, local, fmt.Sprint("release ", n))
		first, err := d.Root(t.Context(), set.Root)
		if err != nil || first.Root() != set.Root {
			t.Fatal(err)
		}
	}
	d.roots.CleanUp()
	if n := d.roots.EstimatedSize(); n > 4 {
		t.Errorf("%d opened roots", n)
	}
}

var _ interface {
	io.ReadSeekCloser
	io.WriterTo
} = (*Content)(nil)
