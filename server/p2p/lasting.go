package p2p

import (
	"context"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// lasting is a datastore that finishes what it was told. The provider writes
// down its state when it closes, with a context that it has ended before; a
// datastore that looks at it would keep nothing.
type lasting struct{ ds.Batching }

// Get reads a value.
func (l lasting) Get(ctx context.Context, key ds.Key) ([]byte, error) {
	return l.Batching.Get(context.WithoutCancel(ctx), key)
}

// Query reads values.
func (l lasting) Query(ctx context.Context, q query.Query) (query.Results, error) {
	return l.Batching.Query(context.WithoutCancel(ctx), q)
}

// Put writes a value.
func (l lasting) Put(ctx context.Context, key ds.Key, value []byte) error {
	return l.Batching.Put(context.WithoutCancel(ctx), key, value)
}

// Delete removes a value.
func (l lasting) Delete(ctx context.Context, key ds.Key) error {
	return l.Batching.Delete(context.WithoutCancel(ctx), key)
}

// Sync waits for what was written.
func (l lasting) Sync(ctx context.Context, key ds.Key) error {
	return l.Batching.Sync(context.WithoutCancel(ctx), key)
}

// Batch begins a set of changes.
func (l lasting) Batch(ctx context.Context) (ds.Batch, error) {
	b, err := l.Batching.Batch(context.WithoutCancel(ctx))
	return lastingBatch{b}, err
}

type lastingBatch struct{ ds.Batch }

// Commit makes the changes.
func (l lastingBatch) Commit(ctx context.Context) error {
	return l.Batch.Commit(context.WithoutCancel(ctx))
}
