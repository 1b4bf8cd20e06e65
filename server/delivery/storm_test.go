package delivery

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/server/cache"
)

// A server that dies while it fetches for all does not keep the others.
func TestLeaderDies(t *testing.T) {
	r := startRedis(t)
	a := newViewer(t, Config{Shared: r.client()})
	b := a.beside(t, r.client())
	c := a.segment(0)
	dying, kill := context.WithCancel(t.Context())
	a.holder.wait = func(ctx context.Context) {
		if a.holder.count(c) == 1 {
			<-ctx.Done()
		}
	}
	died := make(chan error, 1)
	go func() { _, _, err := a.Block(dying, a.set.Root, c); died <- err }()
	until(t, "the first fetch", func() bool { return a.holder.count(c) == 1 })
	go func() {
		until(t, "the follower", func() bool { return b.waiters(c) == 1 })
		kill()
	}()
	data, _, err := b.Block(t.Context(), a.set.Root, c)
	if err != nil || !bytes.Equal(data, noise(0, 3000)) {
		t.Errorf("the other one: %v", err)
	}
	if <-died == nil {
		t.Error("the first one lives")
	}
}

// Bytes under another block's name are as wrong as any.
func TestSwappedInRedis(t *testing.T) {
	r := startRedis(t)
	shared := r.client()
	v := newViewer(t, Config{Shared: shared})
	*v.mem = *newCacheOff()
	one, two := v.segment(0), v.segment(1)
	shared.Put(one, noise(1, 3000))
	shared.Put(two, noise(0, 3000))
	until(t, "both", func() bool {
		_, x := shared.Get(t.Context(), one)
		_, y := shared.Get(t.Context(), two)
		return x && y
	})
	for n, c := range []byte{0, 1} {
		data, from, err := v.Block(t.Context(), v.set.Root, v.segment(n))
		if err != nil || from != SourcePeer || !bytes.Equal(data, noise(c, 3000)) {
			t.Errorf("segment %d: %s, %v", n, from, err)
		}
	}
	if n := v.seen.count("refused redis"); n != 2 {
		t.Errorf("%d refusals", n)
	}
	until(t, "the good one", func() bool {
		data, ok := shared.Get(t.Context(), one)
		return ok && bytes.Equal(data, noise(0, 3000))
	})
}

// What is asked for once stays out of Redis, what is asked for again goes there,
// also when memory had it.
func TestHotGoesToRedis(t *testing.T) {
	r := startRedis(t)
	shared := r.client()
	v := newViewer(t, Config{Shared: shared})
	v.holder.store.copyTo(t, v.local)
	once, twice := v.segment(0), v.segment(1)
	for _, c := range []int{0, 1, 1} {
		play(t, v, c)
	}
	until(t, "the hot one", func() bool { _, ok := shared.Get(t.Context(), twice); return ok })
	if _, ok := shared.Get(t.Context(), once); ok {
		t.Error("what was asked for once is there")
	}
	near := New(Config{Shared: shared}, cache.NewMemory(0), openStore(t), nil, slog.New(slog.DiscardHandler), nil)
	if _, from, err := near.Block(t.Context(), v.set.Root, twice); err != nil || from != SourceRedis {
		t.Errorf("another server without peers: %s, %v", from, err)
	}
	far := New(Config{Shared: shared, LocalFirst: true}, cache.NewMemory(0), v.local, nil, slog.New(slog.DiscardHandler), nil)
	if _, from, err := far.Block(t.Context(), v.set.Root, twice); err != nil || from != SourceLocal {
		t.Errorf("disk first: %s, %v", from, err)
	}
}

func TestDoorkeeper(t *testing.T) {
	k := newDoorkeeper(time.Hour)
	a, _ := blockOf(t, 1, 10)
	b, _ := blockOf(t, 2, 10)
	for i, want := range []bool{false, true, false, false} {
		if k.again(a) != want {
			t.Errorf("request %d", i)
		}
	}
	k.admit(b)
	for range 2 {
		if k.again(b) {
			t.Error("taken in twice")
		}
	}
	k.start = k.start.Add(-time.Hour)
	if k.again(a) || !k.again(a) {
		t.Error("the next window knows the last one's")
	}
}

// A part of a file needs no leaf but its own, and a file's size none.
func TestReadsOnlyTheLeavesItNeeds(t *testing.T) {
	v := newViewer(t, Config{})
	path := segment{rendition, 2}.path()
	f := fileOf(t, v.set, path)
	for _, at := range []struct {
		offset int64
		leaf   int
	}{{1<<20 + 5, 1}, {-1, 2}} {
		c, err := v.OpenAt(t.Context(), v.set.Root, path, at.offset)
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 1)
		if _, err := c.Read(p); err != nil {
			t.Fatal(err)
		}
		want := content()[path]
		if p[0] != want[(at.offset+int64(len(want)))%int64(len(want))] {
			t.Errorf("at %d another byte", at.offset)
		}
		if v.holder.count(f.Blocks[0]) != 0 || v.holder.count(f.Blocks[at.leaf]) != 1 {
			t.Errorf("at %d: fetched other leaves", at.offset)
		}
	}
}

// BenchmarkHot is what a request for a hot segment costs beside the socket.
func BenchmarkHot(b *testing.B) {
	counters, err := NewCounters(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	v := newViewer(b, Config{})
	v.Delivery = New(Config{}, v.mem, v.local, v.holder, slog.New(slog.DiscardHandler), counters)
	path := segment{rendition, 0}.path()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c, err := v.Open(b.Context(), v.set.Root, path)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = c.WriteTo(discard{})
			_ = c.Close()
		}
	})
}

// BenchmarkMiss compares where a 700 KB block that memory lacks can come from.
func BenchmarkMiss(b *testing.B) {
	r := startRedis(b)
	shared := r.client()
	store, local := &vault{}, openStore(b)
	set := publish(b, store)
	store.copyTo(b, local)
	data := make([]byte, 700_000)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(data)
	mh, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		b.Fatal(err)
	}
	c := cid.NewCidV1(cid.Raw, mh)
	if err := local.Put(b.Context(), models.Block{CID: c, Data: data}); err != nil {
		b.Fatal(err)
	}
	shared.Put(c, data)
	until(b, "Redis", func() bool { _, ok := shared.Get(b.Context(), c); return ok })
	for _, first := range []bool{false, true} {
		d := New(Config{Shared: shared, LocalFirst: first}, cache.NewMemory(0), local, nil, slog.New(slog.DiscardHandler), nil)
		b.Run(fmt.Sprint("localFirst=", first), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := d.fetch(b.Context(), set.Root, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A storm of misses on two servers, three times, while Redis is killed and
// started: nobody gets an error.
func TestStormWhileRedisRestarts(t *testing.T) {
	r := startRedis(t)
	a := newViewer(t, Config{Shared: r.client()})
	*a.mem = *newCacheOff()
	b := a.beside(t, r.client())
	var g errgroup.Group
	for n := range 200 {
		for _, v := range []*viewer{a, b} {
			g.Go(func() error {
				for round := range 10 {
					s := (n + round) % 12
					if _, _, err := v.Block(t.Context(), a.set.Root, a.segment(s)); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	r.stop()
	r.start()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
