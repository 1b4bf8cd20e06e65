package cache

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func block(t testing.TB, n uint64, size int) (cid.Cid, []byte) {
	t.Helper()
	data := make([]byte, size)
	binary.BigEndian.PutUint64(data, n)
	mh, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.Raw, mh), data
}

func TestKeyedByMultihash(t *testing.T) {
	m := NewMemory(1 << 20)
	c, data := block(t, 1, 100)
	m.Put(c, data)
	for _, same := range []cid.Cid{c, cid.NewCidV1(cid.DagProtobuf, c.Hash()), cid.NewCidV0(c.Hash())} {
		if got, ok := m.Get(same); !ok || !bytes.Equal(got, data) {
			t.Errorf("%s: %v", same, ok)
		}
	}
	other, _ := block(t, 2, 100)
	if _, ok := m.Get(other); ok {
		t.Error("a block that was never put")
	}
	m.Remove(c)
	if _, ok := m.Get(c); ok {
		t.Error("a removed block")
	}
}

func TestStaysWithinItsBytes(t *testing.T) {
	const limit = 1 << 20
	m := NewMemory(limit)
	for n := range uint64(500) {
		c, data := block(t, n, 10_000)
		m.Put(c, data)
	}
	m.settle()
	s := m.Stats()
	if s.Bytes > limit || s.Bytes < limit/2 {
		t.Errorf("holds %d of %d bytes", s.Bytes, limit)
	}
	if s.Entries > limit/10_000 || s.Evictions < 300 {
		t.Errorf("%+v", s)
	}
	big, data := block(t, 1000, limit)
	m.Put(big, data)
	if _, ok := m.Get(big); ok {
		t.Error("took a block larger than itself")
	}
}

// What is asked for now and then stays while films pass through once, each
// round of them twice as large as the cache: the least recently used would be
// the hot blocks, every time.
func TestAdmitsByFrequency(t *testing.T) {
	m := NewMemory(1 << 20)
	var hot []cid.Cid
	for n := range uint64(40) {
		c, data := block(t, n, 20_000)
		m.Put(c, data)
		hot = append(hot, c)
	}
	for range 10 {
		for _, c := range hot {
			m.Get(c)
		}
		m.settle()
	}
	hits, asked := 0, 0
	for n := uint64(1000); n < 3000; n++ {
		c, data := block(t, n, 20_000)
		m.Put(c, data)
		m.settle()
		if n%100 != 0 {
			continue
		}
		for i, c := range hot {
			asked++
			if _, ok := m.Get(c); ok {
				hits++
				continue
			}
			c, data := block(t, uint64(i), 20_000)
			m.Put(c, data)
		}
	}
	if hits*2 < asked {
		t.Errorf("%d of %d requests for hot blocks were hits", hits, asked)
	}
}

func TestOff(t *testing.T) {
	m := NewMemory(0)
	c, data := block(t, 1, 10)
	m.Put(c, data)
	m.Remove(c)
	if _, ok := m.Get(c); ok || m.Stats() != (Stats{}) {
		t.Error("a cache of no bytes holds something")
	}
	if _, ok := NewMemory(100).Get(cid.Undef); ok {
		t.Error("found no CID")
	}
}

func TestConcurrent(t *testing.T) {
	m := NewMemory(1 << 18)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range uint64(300) {
				c, data := block(t, (n*7+uint64(w))%64, 9_000)
				if got, ok := m.Get(c); ok && !bytes.Equal(got, data) {
					t.Errorf("block %d has other bytes", n)
				}
				m.Put(c, data)
			}
		})
	}
	wg.Wait()
	m.settle()
	if s := m.Stats(); s.Bytes > 1<<18 {
		t.Errorf("%+v", s)
	}
}

func BenchmarkGet(b *testing.B) {
	m := NewMemory(1 << 20)
	c, data := block(b, 1, 1000)
	m.Put(c, data)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := m.Get(c); !ok {
			b.Fatal("gone")
		}
	}
}
