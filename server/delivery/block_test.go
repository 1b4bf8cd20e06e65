package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/server/blocks"
	"runnel/server/cache"
)

func TestOrderOfSources(t *testing.T) {
	v := newViewer(t, Config{})
	c := v.segment(0)
	want := noise(0, 3000)
	for _, from := range []Source{SourcePeer, SourceMemory, SourceMemory} {
		data, source, err := v.Block(t.Context(), v.set.Root, c)
		if err != nil || source != from || !bytes.Equal(data, want) {
			t.Fatalf("%s, want %s: %v", source, from, err)
		}
	}
	if has, _ := v.local.Has(t.Context(), c); has {
		t.Error("a block from a peer was written to disk")
	}
	if err := v.local.Put(t.Context(), models.Block{CID: c, Data: want}); err != nil {
		t.Fatal(err)
	}
	v.mem.Remove(c)
	if _, source, err := v.Block(t.Context(), v.set.Root, c); err != nil || source != SourceLocal {
		t.Errorf("%s: %v", source, err)
	}
	if n := v.holder.count(c); n != 1 {
		t.Errorf("the peer was asked %d times", n)
	}
	if v.seen.count("served memory") != 2 || v.seen.count("fetched peer") != 1 || v.seen.count("fetched local") != 1 {
		t.Errorf("metrics %v", v.seen.events)
	}
}

func TestOneFetchForAll(t *testing.T) {
	const callers = 200
	v := newViewer(t, Config{})
	c := v.segment(0)
	v.holder.wait = func(context.Context) {
		until(t, "all callers", func() bool { return v.waiters(c) == callers })
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			data, _, err := v.Block(t.Context(), v.set.Root, c)
			if err != nil || !bytes.Equal(data, noise(0, 3000)) {
				t.Errorf("%d bytes, %v", len(data), err)
			}
		})
	}
	wg.Wait()
	if n := v.holder.count(c); n != 1 {
		t.Errorf("%d fetches", n)
	}
	if n := v.seen.count("fetched"); n != 1 {
		t.Errorf("%d fetches counted", n)
	}
}

// One who gives up does not take the block from the others; when all give up,
// the fetch ends.
func TestCancelledCallers(t *testing.T) {
	v := newViewer(t, Config{})
	c := v.segment(0)
	open := make(chan struct{})
	ended := make(chan error, 2)
	v.holder.wait = func(ctx context.Context) {
		select {
		case <-open:
		case <-ctx.Done():
			ended <- ctx.Err()
		}
	}
	call := func(ctx context.Context) chan error {
		out := make(chan error, 1)
		go func() {
			_, _, err := v.Block(ctx, v.set.Root, c)
			out <- err
		}()
		return out
	}
	first, cancel := context.WithCancel(t.Context())
	one, two := call(first), call(t.Context())
	until(t, "both", func() bool { return v.waiters(c) == 2 })
	cancel()
	if err := <-one; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: %v", err)
	}
	close(open)
	if err := <-two; err != nil {
		t.Errorf("the one who stayed: %v", err)
	}

	open = make(chan struct{})
	v.mem.Remove(c)
	third, cancel := context.WithCancel(t.Context())
	out := call(third)
	until(t, "the fetch", func() bool { return v.holder.count(c) == 2 })
	cancel()
	if err := <-out; !errors.Is(err, context.Canceled) {
		t.Errorf("the last one: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the fetch nobody waits for: %v", err)
	}
}

func TestPeersThatFail(t *testing.T) {
	flip := func(data []byte) []byte { data[0] ^= 1; return data }
	for name, c := range map[string]struct {
		set  func(h *holder)
		want error
		bad  int
	}{
		"wrong bytes":  {func(h *holder) { h.lie = flip }, models.ErrUnavailable, 1},
		"more bytes":   {func(h *holder) { h.lie = func(b []byte) []byte { return append(b, 0) } }, models.ErrUnavailable, 1},
		"fewer bytes":  {func(h *holder) { h.lie = func(b []byte) []byte { return b[1:] } }, models.ErrUnavailable, 1},
		"no bytes":     {func(h *holder) { h.lie = func([]byte) []byte { return nil } }, models.ErrUnavailable, 1},
		"far too many": {func(h *holder) { h.lie = func([]byte) []byte { return make([]byte, maxBlock+1) } }, models.ErrUnavailable, 1},
		"nobody":       {func(h *holder) { h.fail = models.ErrNotFound }, models.ErrNotFound, 0},
		"broken":       {func(h *holder) { h.fail = errors.New("stream reset") }, models.ErrUnavailable, 0},
		"too slow":     {func(h *holder) { h.wait = func(ctx context.Context) { <-ctx.Done() } }, models.ErrUnavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := newViewer(t, Config{PeerTimeout: 50 * time.Millisecond})
			if name != "too slow" {
				v.cfg.PeerTimeout = time.Minute
			}
			c.set(v.holder)
			cid := v.segment(0)
			data, _, err := v.Block(t.Context(), v.set.Root, cid)
			if !errors.Is(err, c.want) || data != nil {
				t.Fatalf("%d bytes, %v, want %v", len(data), err, c.want)
			}
			if n := v.seen.count("refused peer"); n != c.bad {
				t.Errorf("%d refusals counted", n)
			}
			if _, there := v.mem.Get(cid); there {
				t.Error("it was cached")
			}
			*v.holder = holder{store: v.holder.store}
			v.cfg.PeerTimeout = time.Minute
			data, _, err = v.Block(t.Context(), v.set.Root, cid)
			if err != nil || !bytes.Equal(data, noise(0, 3000)) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// Another release's holders may not have what ours do.
func TestAsksOurHoldersAfterOthersFailed(t *testing.T) {
	v := newViewer(t, Config{})
	c, other := v.segment(0), v.segment(1)
	v.holder.wait = func(context.Context) {
		v.holder.mu.Lock()
		first := len(v.holder.roots) == 1
		v.holder.mu.Unlock()
		if first {
			until(t, "the second viewer", func() bool { return v.waiters(c) == 2 })
			v.holder.fail = models.ErrNotFound
			return
		}
		v.holder.fail = nil
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, _, err := v.Block(t.Context(), other, c); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the first: %v", err)
		}
	})
	until(t, "the first fetch", func() bool { return v.holder.count(c) == 1 })
	if _, _, err := v.Block(t.Context(), v.set.Root, c); err != nil {
		t.Errorf("the second: %v", err)
	}
	wg.Wait()
	if v.holder.roots[1] != v.set.Root {
		t.Errorf("asked the holders of %s", v.holder.roots[1])
	}
}

func TestHealsDamagedBlocks(t *testing.T) {
	dir := t.TempDir()
	local, err := blocks.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	h := &holder{store: &vault{}}
	set := publish(t, h.store)
	h.store.copyTo(t, local)
	seen := &recorder{}
	c := fileOf(t, set, segment{rendition, 0}.path()).CID
	damage(t, dir, c)

	alone := New(Config{}, cache.NewMemory(0), local, nil, slog.New(slog.DiscardHandler), seen)
	if _, _, err := alone.Block(t.Context(), set.Root, c); !errors.Is(err, models.ErrCorrupt) {
		t.Fatalf("without peers: %v", err)
	}
	h.fail = models.ErrNotFound
	d := New(Config{}, cache.NewMemory(0), local, h, slog.New(slog.DiscardHandler), seen)
	if _, _, err := d.Block(t.Context(), set.Root, c); !errors.Is(err, models.ErrCorrupt) {
		t.Fatalf("with peers that lack it: %v", err)
	}
	h.fail = nil
	data, from, err := d.Block(t.Context(), set.Root, c)
	if err != nil || from != SourcePeer || !bytes.Equal(data, noise(0, 3000)) {
		t.Fatalf("with a peer: %s %v", from, err)
	}
	if _, from, err := alone.Block(t.Context(), set.Root, c); err != nil || from != SourceLocal {
		t.Errorf("afterwards: %s %v", from, err)
	}
	if seen.count("refused local") != 3 || seen.count(fmt.Sprint("event ", int(EventHealed))) != 1 {
		t.Errorf("metrics %v", seen.events)
	}
}

// damage flips one byte of a block's file.
func damage(t *testing.T, dir string, c cid.Cid) {
	t.Helper()
	name, err := multihashName(c)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", name))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v: %v", found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.Chmod(found[0], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(found[0], data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOddCIDs(t *testing.T) {
	v := newViewer(t, Config{})
	mh, err := multihash.Sum([]byte("<script>"), multihash.IDENTITY, -1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []cid.Cid{cid.Undef, cid.NewCidV1(cid.Raw, mh)} {
		if _, _, err := v.Block(t.Context(), v.set.Root, c); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestPanicIsAnError(t *testing.T) {
	v := newViewer(t, Config{})
	v.holder.lie = func([]byte) []byte { panic("a decoder fell over") }
	if _, _, err := v.Block(t.Context(), v.set.Root, v.segment(0)); !errors.Is(err, models.ErrUnavailable) {
		t.Error(err)
	}
}
