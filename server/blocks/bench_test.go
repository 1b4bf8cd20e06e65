package blocks

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/sync/errgroup"

	"runnel/models"
)

const benchTotal = 256 << 20

func benchBlocks(seed byte) []models.Block {
	src := rand.NewChaCha8([32]byte{seed})
	out := make([]models.Block, benchTotal>>20)
	for i := range out {
		data := make([]byte, 1<<20)
		_, _ = src.Read(data)
		out[i] = models.Block{CID: key(sha256.Sum256(data)).cid(), Data: data}
	}
	return out
}

// BenchmarkHashOnly is the floor: SHA-256 of 256 MiB on one core.
func BenchmarkHashOnly(b *testing.B) {
	bs := benchBlocks(1)
	b.SetBytes(benchTotal)
	for b.Loop() {
		for _, bl := range bs {
			if _, err := admit(bl); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkImport puts 256 MiB of new 1 MiB blocks, by batch size and by how
// many Puts run at once.
func BenchmarkImport(b *testing.B) {
	bs := benchBlocks(2)
	for _, batch := range []int{1, 4, 8, 16, 32, 64} {
		for _, writers := range []int{1, 2} {
			b.Run(fmt.Sprintf("batch=%d/writers=%d", batch, writers), func(b *testing.B) {
				b.SetBytes(benchTotal)
				for b.Loop() {
					importAll(b, bs, batch, writers)
				}
			})
		}
	}
}

func importAll(b *testing.B, bs []models.Block, batch, writers int) {
	b.StopTimer()
	s := open(b, b.TempDir())
	b.StartTimer()
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(writers)
	for at := 0; at < len(bs); at += batch {
		g.Go(func() error { return s.Put(ctx, bs[at:min(at+batch, len(bs))]...) })
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}

// BenchmarkGet reads and hashes 1 MiB blocks.
func BenchmarkGet(b *testing.B) {
	s := open(b, b.TempDir())
	bs := benchBlocks(3)[:32]
	if err := s.Put(b.Context(), bs...); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	i := 0
	for b.Loop() {
		if _, err := s.Get(b.Context(), bs[i%len(bs)].CID); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
