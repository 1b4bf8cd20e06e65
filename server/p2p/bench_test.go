package p2p

import (
	"slices"
	"testing"
	"time"

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

// BenchmarkSegment fetches blocks of 700 KB from a connected peer one after the
// other, as a viewer does who is the first to see a release: every block cold,
// of one release or each of another. It reports the median, and beside it that
// of the library's own session.
func BenchmarkSegment(b *testing.B) {
	var all []blocks.Block
	open := newSet()
	for range 200 {
		block := newBlock(b, 700_000)
		all = append(all, block)
		open.change(true, block.Cid())
	}
	from := newNode(b, Config{Servable: open.has}, storeWith(b, all...))
	node := func(b *testing.B) *Node {
		to := newNode(b, Config{}, newStore())
		connect(b, to, from)
		return to
	}
	b.Run("one release", func(b *testing.B) {
		to := node(b)
		median(b, all, func(block blocks.Block) error {
			_, err := to.Get(b.Context(), all[0].Cid(), block.Cid())
			return err
		})
	})
	b.Run("releases", func(b *testing.B) {
		to := node(b)
		median(b, all, func(block blocks.Block) error {
			_, err := to.Get(b.Context(), block.Cid(), block.Cid())
			return err
		})
	})
	b.Run("session", func(b *testing.B) {
		to := node(b)
		in := to.swap.NewSession(b.Context())
		median(b, all, func(block blocks.Block) error {
			to.asked.note(block.Cid())
			_, err := in.GetBlock(b.Context(), block.Cid())
			return err
		})
	})
}

func median(b *testing.B, all []blocks.Block, get func(blocks.Block) error) {
	b.SetBytes(int64(len(all[0].RawData())))
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := get(all[len(took)%len(all)]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
