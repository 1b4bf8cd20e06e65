// Package cache keeps hot blocks where they are faster to reach than on disk.
//
// Memory holds them in this process. Only checked bytes may be put in, and what
// comes out needs no further check: nothing else can reach them. Redis holds
// them where several servers find them, and keeps what these must agree on: who
// fetches a missing block, and how often somebody may still ask. It waits, it
// fails, and its bytes are to be hashed again by whoever reads them.
package cache

import (
	"math"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
)

// typicalBlock sizes the books of the frequency sketch before anything is known
// of the blocks; they grow when the blocks turn out smaller.
const typicalBlock = 64 << 10

// entryOverhead is what an entry costs beside its bytes: key, node and the
// policy's books, rounded up.
const entryOverhead = 256

// Memory is a bounded cache of verified blocks, keyed by multihash, so that one
// block under two codecs is held once. Admission is by frequency: the policy is
// otter's W-TinyLFU (https://dl.acm.org/doi/10.1145/3149371), which counts how
// often each block was asked for in a small sketch, and lets a new block displace
// an old one only when it was asked for more often. A viewer who runs through a
// long film once does not push out what many watch.
type Memory struct {
	entries *otter.Cache[string, []byte] // nil: off
	limit   int64
}

// NewMemory returns a cache of at most that many bytes, overhead included. With
// 0 or less it holds nothing. It starts no goroutine of its own.
func NewMemory(bytes int64) *Memory {
	if bytes <= 0 {
		return &Memory{}
	}
	return &Memory{limit: bytes, entries: otter.Must(&otter.Options[string, []byte]{
		MaximumWeight:   uint64(bytes),
		InitialCapacity: int(min(bytes/typicalBlock, 1<<20)) + 64,
		Weigher:         weigh,
		StatsRecorder:   stats.NewCounter(),
	})}
}

func weigh(_ string, data []byte) uint32 {
	return uint32(min(int64(len(data))+entryOverhead, math.MaxUint32))
}

// Get returns a block's bytes, which the caller must not change.
func (m *Memory) Get(c cid.Cid) ([]byte, bool) {
	if m.entries == nil || !c.Defined() {
		return nil, false
	}
	return m.entries.GetIfPresent(multihashOf(c))
}

// Put offers a block to the cache, which may decline it. The bytes must have
// been checked against c; from here on nobody may change them.
func (m *Memory) Put(c cid.Cid, data []byte) {
	if m.entries == nil || !c.Defined() || int64(len(data))+entryOverhead > m.limit {
		return
	}
	m.entries.Set(multihashOf(c), data)
}

// Remove forgets a block, as a takedown wants it.
func (m *Memory) Remove(c cid.Cid) {
	if m.entries != nil && c.Defined() {
		m.entries.Invalidate(multihashOf(c))
	}
}

// Stats are a cache's counters since it was made, and its present size.
type Stats struct {
	Hits, Misses, Evictions uint64
	Entries                 int
	Bytes, Limit            int64 // overhead included
}

// Stats returns the counters. Evictions includes the blocks that were declined.
func (m *Memory) Stats() Stats {
	if m.entries == nil {
		return Stats{}
	}
	s := m.entries.Stats()
	return Stats{
		Hits: s.Hits, Misses: s.Misses, Evictions: s.Evictions,
		Entries: m.entries.EstimatedSize(),
		Bytes:   int64(m.entries.WeightedSize()), Limit: m.limit,
	}
}

// settle finishes the policy's pending work, which otherwise happens soon after
// each write.
func (m *Memory) settle() { m.entries.CleanUp() }
