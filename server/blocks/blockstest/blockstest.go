// Package blockstest is the conformance suite of block stores: what every store
// must do, on files, in a bucket or anywhere else. A store's own test calls it in
// one line:
//
//	blockstest.Run(t, func(t *testing.T) blockstest.Store { return open(t) })
package blockstest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/server/blocks"
)

// Store is what the suite asks of a store.
type Store interface {
	Put(ctx context.Context, bs ...models.Block) error
	Get(ctx context.Context, c cid.Cid) ([]byte, error)
	Has(ctx context.Context, c cid.Cid) (bool, error)
	Size(ctx context.Context, c cid.Cid) (int64, error)
	Delete(ctx context.Context, c cid.Cid) error
	Keys(ctx context.Context) iter.Seq2[cid.Cid, error]
	Collect(ctx context.Context, live blocks.Live, grace time.Duration) (blocks.Swept, error)
}

// Run holds a store against the suite. open returns an empty store and sees to
// its closing.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"round trip":        roundTrip,
		"refusals":          refusals,
		"missing":           missing,
		"put twice":         putTwice,
		"same hash":         sameHash,
		"big batch":         bigBatch,
		"delete":            deletes,
		"keys":              keys,
		"collect":           collect,
		"collect fails":     collectFails,
		"cancelled":         cancelled,
		"own bytes":         ownBytes,
		"concurrent writes": concurrentWrites,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Block returns the n-th of an endless row of different raw blocks, size bytes
// long (at least 8 to be different).
func Block(n uint64, size int) models.Block {
	data := make([]byte, size)
	if size >= 8 {
		binary.BigEndian.PutUint64(data, n)
	}
	return Named(cid.Raw, data)
}

// Named returns data as a block: CIDv1 of that codec, sha2-256.
func Named(codec uint64, data []byte) models.Block {
	sum := sha256.Sum256(data)
	mh, err := multihash.Encode(sum[:], multihash.SHA2_256)
	if err != nil {
		panic(err)
	}
	return models.Block{CID: cid.NewCidV1(codec, mh), Data: data}
}
