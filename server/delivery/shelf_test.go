package delivery

import (
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/server/cache"
)

func newCacheOff() *cache.Memory { return cache.NewMemory(0) }

func blockOf(t *testing.T, seed byte, n int) (cid.Cid, []byte) {
	t.Helper()
	data := noise(seed, n)
	mh, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.Raw, mh), data
}

func TestShelfIsBounded(t *testing.T) {
	s := &shelf{limit: 1000}
	var all []cid.Cid
	for n := range byte(20) {
		c, data := blockOf(t, n, 300)
		s.put(c, data)
		s.put(c, data)
		all = append(all, c)
	}
	big, data := blockOf(t, 99, 1001)
	s.put(big, data)
	for n, c := range all {
		if _, ok := s.get(c); ok != (n >= 17) {
			t.Errorf("block %d: %v", n, ok)
		}
	}
	if _, ok := s.get(big); ok || s.bytes != 900 || len(s.held) != 3 || len(s.order) != 3 {
		t.Errorf("%d bytes, %d blocks", s.bytes, len(s.held))
	}
}
