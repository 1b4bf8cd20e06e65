package blockset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"

	"runnel/models"
)

type nowhere struct{}

func (nowhere) Put(context.Context, ...models.Block) error { return nil }

// BenchmarkAddFile against BenchmarkSHA256 says what the import costs beyond
// the hash it cannot do without.
func BenchmarkAddFile(b *testing.B) {
	for name, n := range map[string]int{"700KiB": 700 << 10, "3MiB": 3 << 20} {
		data := noise(1, n)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := AddFile(b.Context(), nowhere{}, "x", bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSHA256(b *testing.B) {
	data := noise(1, 700<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		sha256.Sum256(data)
	}
}
