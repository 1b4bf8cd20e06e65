package delivery

import (
	"log/slog"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/server/cache"
)

func hashed(t *testing.T, code uint64, data string) cid.Cid {
	t.Helper()
	sum, err := multihash.Sum([]byte(data), code, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.Raw, sum)
}

func TestHeld(t *testing.T) {
	v := newViewer(t, Config{})
	far, near, hot := v.segment(0), v.segment(1), v.segment(3)
	if err := v.local.Put(t.Context(), models.Block{CID: near, Data: noise(1, 3000)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.Block(t.Context(), v.set.Root, hot); err != nil {
		t.Fatal(err)
	}
	asked := len(v.holder.roots)
	for name, c := range map[string]struct {
		cid  cid.Cid
		held bool
	}{
		"on disk": {near, true}, "in memory": {hot, true}, "elsewhere": {far, false}, "of no bytes": {hashed(t, multihash.SHA2_256, ""), true},
		"of another hash": {hashed(t, multihash.SHA2_512, "x"), false},
	} {
		if held, err := v.Held(t.Context(), c.cid); err != nil || held != c.held {
			t.Errorf("%s: held %v, %v", name, held, err)
		}
	}
	if len(v.holder.roots) != asked {
		t.Error("a peer was asked")
	}
}

// TestBlockOfNoBytes: Bitswap does not carry it, so it must not be waited for.
func TestBlockOfNoBytes(t *testing.T) {
	for _, peers := range []Peers{nil, &holder{store: &vault{}}} {
		d := New(Config{}, cache.NewMemory(0), openStore(t), peers, slog.New(slog.DiscardHandler), nil)
		data, _, err := d.Block(t.Context(), hashed(t, multihash.SHA2_256, "x"), hashed(t, multihash.SHA2_256, ""))
		if err != nil || data == nil || len(data) != 0 {
			t.Errorf("%d bytes, %v", len(data), err)
		}
	}
}
