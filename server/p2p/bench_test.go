package p2p

import (
	"testing"

	blocks "github.com/ipfs/go-block-format"
	"golang.org/x/sync/errgroup"
)

// BenchmarkFetch fetches 64 blocks of 1 MiB from one peer on loopback, 8 at a
// time.
func BenchmarkFetch(b *testing.B) {
	var all []blocks.Block
	servable := newSet()
	for range 64 {
		block := newBlock(b, 1<<20)
		all = append(all, block)
		servable.change(true, block.Cid())
	}
	from := newNode(b, Config{Servable: servable.has}, storeWith(b, all...))
	b.SetBytes(int64(len(all)) << 20)
	for b.Loop() {
		to := newNode(b, Config{}, newStore())
		connect(b, to, from)
		var group errgroup.Group
		group.SetLimit(8)
		for _, block := range all {
			group.Go(func() error {
				_, err := to.Get(b.Context(), all[0].Cid(), block.Cid())
				return err
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}
