package blockstest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/server/blocks"
)

func put(t *testing.T, s Store, bs ...models.Block) {
	t.Helper()
	if err := s.Put(t.Context(), bs...); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func mustHold(t *testing.T, s Store, b models.Block) {
	t.Helper()
	got, err := s.Get(t.Context(), b.CID)
	if err != nil || !bytes.Equal(got, b.Data) {
		t.Fatalf("get %s: %d bytes, %v", b.CID, len(got), err)
	}
	n, err := s.Size(t.Context(), b.CID)
	if err != nil || n != int64(len(b.Data)) {
		t.Fatalf("size of %s: %d, %v", b.CID, n, err)
	}
	if has, err := s.Has(t.Context(), b.CID); err != nil || !has {
		t.Fatalf("has %s: %v, %v", b.CID, has, err)
	}
}

func mustLack(t *testing.T, s Store, c cid.Cid) {
	t.Helper()
	if _, err := s.Get(t.Context(), c); !errors.Is(err, models.ErrNotFound) {
		t.Fatalf("get %s: %v, want not found", c, err)
	}
	if _, err := s.Size(t.Context(), c); !errors.Is(err, models.ErrNotFound) {
		t.Fatalf("size of %s: %v, want not found", c, err)
	}
	if has, err := s.Has(t.Context(), c); err != nil || has {
		t.Fatalf("has %s: %v, %v", c, has, err)
	}
}

func roundTrip(t *testing.T, s Store) {
	for _, size := range []int{0, 1, 8, 1 << 20, blocks.MaxBlock} {
		b := Block(uint64(size), size)
		put(t, s, b)
		mustHold(t, s, b)
	}
	put(t, s)
}

func refusals(t *testing.T, s Store) {
	good := Block(1, 100)
	wrong := models.Block{CID: good.CID, Data: Block(2, 100).Data}
	big := Block(3, blocks.MaxBlock+1)
	for name, c := range map[string]struct {
		b    models.Block
		want error
	}{
		"wrong bytes":  {wrong, models.ErrCorrupt},
		"one more":     {models.Block{CID: good.CID, Data: append(slices.Clone(good.Data), 0)}, models.ErrCorrupt},
		"too large":    {big, models.ErrTooLarge},
		"identity":     {hashed(t, multihash.IDENTITY, -1, []byte("x")), models.ErrInvalid},
		"sha1":         {hashed(t, multihash.SHA1, -1, []byte("x")), models.ErrInvalid},
		"short sha256": {hashed(t, multihash.SHA2_256, 20, []byte("x")), models.ErrInvalid},
		"sha512":       {hashed(t, multihash.SHA2_512, 32, []byte("x")), models.ErrInvalid},
		"no CID":       {models.Block{Data: []byte("x")}, models.ErrInvalid},
	} {
		if err := s.Put(t.Context(), c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		mustLack(t, s, c.b.CID)
	}
}

func hashed(t *testing.T, code uint64, length int, data []byte) models.Block {
	t.Helper()
	mh, err := multihash.Sum(data, code, length)
	if err != nil {
		t.Fatal(err)
	}
	return models.Block{CID: cid.NewCidV1(cid.Raw, mh), Data: data}
}

func missing(t *testing.T, s Store) {
	mustLack(t, s, Block(1, 10).CID)
	mustLack(t, s, cid.Undef)
}

func putTwice(t *testing.T, s Store) {
	a, b := Block(1, 100), Block(2, 200)
	put(t, s, a)
	put(t, s, a, b, a, b)
	mustHold(t, s, a)
	mustHold(t, s, b)
	if n := len(list(t, s)); n != 2 {
		t.Fatalf("%d blocks, want 2", n)
	}
}

// sameHash: a block is its multihash; codec and version are the reader's view.
func sameHash(t *testing.T, s Store) {
	data := []byte("the same bytes")
	raw, pb := Named(cid.Raw, data), Named(cid.DagProtobuf, data)
	v0 := models.Block{CID: cid.NewCidV0(pb.CID.Hash()), Data: data}
	put(t, s, v0)
	mustHold(t, s, raw)
	mustHold(t, s, pb)
	mustHold(t, s, v0)
	if err := s.Delete(t.Context(), pb.CID); err != nil {
		t.Fatal(err)
	}
	mustLack(t, s, v0.CID)
}

func bigBatch(t *testing.T, s Store) {
	var batch []models.Block
	for i := range uint64(200) {
		batch = append(batch, Block(i, 500))
	}
	put(t, s, batch...)
	for _, b := range batch {
		mustHold(t, s, b)
	}
}

func deletes(t *testing.T, s Store) {
	a, b := Block(1, 10), Block(2, 10)
	put(t, s, a, b)
	for range 2 {
		if err := s.Delete(t.Context(), a.CID); err != nil {
			t.Fatal(err)
		}
		mustLack(t, s, a.CID)
	}
	mustHold(t, s, b)
	put(t, s, a)
	mustHold(t, s, a)
}

func list(t *testing.T, s Store) []cid.Cid {
	t.Helper()
	var out []cid.Cid
	for c, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Prefix().Codec != cid.Raw || c.Version() != 1 || slices.Contains(out, c) {
			t.Fatalf("key %s", c)
		}
		out = append(out, c)
	}
	return out
}

func keys(t *testing.T, s Store) {
	if n := len(list(t, s)); n != 0 {
		t.Fatalf("%d keys in an empty store", n)
	}
	want := map[cid.Cid]bool{}
	for i := range uint64(50) {
		b := Block(i, 20)
		put(t, s, b)
		want[b.CID] = true
	}
	got := list(t, s)
	for _, c := range got {
		if !want[c] {
			t.Errorf("key %s was never put", c)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	for range s.Keys(t.Context()) {
		break // stopping early is allowed
	}
}

func liveOnly(keep ...cid.Cid) blocks.Live {
	return func(_ context.Context, asked []cid.Cid) (map[cid.Cid]bool, error) {
		live := map[cid.Cid]bool{}
		for _, c := range asked {
			live[c] = slices.ContainsFunc(keep, func(k cid.Cid) bool {
				return bytes.Equal(k.Hash(), c.Hash())
			})
		}
		return live, nil
	}
}

func collect(t *testing.T, s Store) {
	kept, dead := Named(cid.DagProtobuf, []byte("kept")), Block(1, 77)
	put(t, s, kept, dead)
	swept, err := s.Collect(t.Context(), liveOnly(), time.Hour)
	if err != nil || swept != (blocks.Swept{}) {
		t.Fatalf("young blocks: %+v, %v", swept, err)
	}
	mustHold(t, s, dead)
	swept, err = s.Collect(t.Context(), liveOnly(kept.CID), 0)
	if err != nil || swept != (blocks.Swept{Blocks: 1, Bytes: 77}) {
		t.Fatalf("old blocks: %+v, %v", swept, err)
	}
	mustHold(t, s, kept)
	mustLack(t, s, dead.CID)
}

func collectFails(t *testing.T, s Store) {
	b := Block(1, 10)
	put(t, s, b)
	broken := errors.New("no answer")
	_, err := s.Collect(t.Context(), func(context.Context, []cid.Cid) (map[cid.Cid]bool, error) {
		return nil, broken
	}, 0)
	if !errors.Is(err, broken) {
		t.Fatalf("collect: %v", err)
	}
	mustHold(t, s, b)
}

func cancelled(t *testing.T, s Store) {
	b := Block(1, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	mustLack(t, s, b.CID)
	put(t, s, b)
	if _, err := s.Get(ctx, b.CID); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.Collect(ctx, liveOnly(), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("collect: %v", err)
	}
	if err := s.Delete(ctx, b.CID); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
	mustHold(t, s, b)
}

// ownBytes: what Get returns is the caller's to change.
func ownBytes(t *testing.T, s Store) {
	b := Block(1, 100)
	put(t, s, b)
	got, err := s.Get(t.Context(), b.CID)
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	mustHold(t, s, Block(1, 100))
}

func concurrentWrites(t *testing.T, s Store) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range uint64(10) {
				if err := s.Put(t.Context(), Block(i, 300), Block(i+1, 300)); err != nil {
					t.Errorf("put: %v", err)
				}
				if _, err := s.Get(t.Context(), Block(i, 300).CID); err != nil {
					t.Errorf("get after put: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(list(t, s)); n != 11 {
		t.Errorf("%d blocks, want 11", n)
	}
}
