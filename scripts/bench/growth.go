package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/server/blocks"
)

// smallBlock is the size of the blocks in growth: what grows with their number
// is to be seen, not what grows with their bytes.
const smallBlock = 1 << 10

// growth fills a block store and tells at each power of ten what one action
// costs then.
func growth(flags *flag.FlagSet) runner {
	most := flags.Int("blocks", 100_000, "blocks at the end; a million take 4 GB and minutes")
	dir := flags.String("dir", "", "a store that stays, to be measured again without being filled")
	return func(ctx context.Context, l *lab) error {
		l.say("blocks", "%10s %10s %10s %10s %10s %10s", "put 64", "put 1", "has", "get", "open", "mark")
		g := grown{dir: l.path("store")}
		if *dir != "" {
			g.dir = *dir
		}
		if err := g.start(ctx); err != nil {
			return err
		}
		for count := 1000; count <= *most; count *= 10 {
			if count*10 <= g.count {
				continue
			}
			if err := g.fill(ctx, count); err != nil {
				return err
			}
			row, err := g.measure(ctx)
			if err != nil {
				return err
			}
			l.say(fmt.Sprint(count), "%10s %10s %10s %10s %10s %10s", row...)
		}
		return g.store.Close()
	}
}

// grown is a store of count blocks, numbered.
type grown struct {
	dir   string
	store *blocks.Store
	count int
}

func numbered(n int) models.Block {
	data := make([]byte, smallBlock)
	binary.BigEndian.PutUint64(data, uint64(n))
	sum := sha256.Sum256(data)
	hash, _ := multihash.Encode(sum[:], multihash.SHA2_256) // fails for another length only
	return models.Block{CID: cid.NewCidV1(cid.Raw, hash), Data: data}
}

// start opens the store and counts what is in it.
func (g *grown) start(ctx context.Context) (err error) {
	if g.store, err = blocks.Open(g.dir, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	for _, err := range g.store.Keys(ctx) {
		if err != nil {
			return err
		}
		g.count++
	}
	return nil
}

func (g *grown) fill(ctx context.Context, to int) error {
	for g.count < to {
		if err := g.put(ctx, min(64, to-g.count)); err != nil {
			return err
		}
	}
	return nil
}

// measure returns a row: times as text, in the order of growth's head.
func (g *grown) measure(ctx context.Context) ([]any, error) {
	const times = 200
	some := func(do func(cid.Cid) error) func() error {
		return func() error { return do(numbered(rand.IntN(g.count)).CID) }
	}
	steps := []struct {
		times int
		do    func() error
	}{
		{20, func() error { return g.put(ctx, 64) }},
		{20, func() error { return g.put(ctx, 1) }},
		{times, some(func(c cid.Cid) error { _, err := g.store.Has(ctx, c); return err })},
		{times, some(func(c cid.Cid) error { _, err := g.store.Get(ctx, c); return err })},
		{1, func() error { return g.reopen() }},
		{1, func() error { return g.mark(ctx) }},
	}
	var row []any
	for _, step := range steps {
		took := make([]time.Duration, step.times)
		for i := range took {
			start := time.Now()
			if err := step.do(); err != nil {
				return nil, err
			}
			took[i] = time.Since(start)
		}
		row = append(row, percentile(took, 50).Round(time.Microsecond).String())
	}
	return row, nil
}

// put puts the next n blocks.
func (g *grown) put(ctx context.Context, n int) error {
	batch := make([]models.Block, n)
	for i := range batch {
		batch[i] = numbered(g.count + i)
	}
	g.count += n
	return g.store.Put(ctx, batch...)
}

// reopen is what a start costs.
func (g *grown) reopen() (err error) {
	if err := g.store.Close(); err != nil {
		return err
	}
	g.store, err = blocks.Open(g.dir, slog.New(slog.DiscardHandler))
	return err
}

// mark is a collection that finds everything in use: all is looked at and
// nothing removed.
func (g *grown) mark(ctx context.Context) error {
	swept, err := g.store.Collect(ctx, func(_ context.Context, asked []cid.Cid) (map[cid.Cid]bool, error) {
		live := make(map[cid.Cid]bool, len(asked))
		for _, c := range asked {
			live[c] = true
		}
		return live, nil
	}, 0)
	if err == nil && swept.Blocks > 0 {
		err = fmt.Errorf("%d blocks were taken for unused", swept.Blocks)
	}
	return err
}
