// Package blockset turns the files of a release into blocks and back: UnixFS
// folders of the profile unixfs-v1-2025
// (https://specs.ipfs.tech/ipips/ipip-0499/) around a manifest that the channel
// has signed. It is the one place where bytes become trusted: AddFile and Write
// make a block set, Open checks who made one, Verify checks every byte of it
// from the root CID alone, and nothing that these refuse is a release.
//
// A set has one shape only, narrower than UnixFS: plain folders of at most
// 1,000 names, files in raw leaves of 1 MiB, no symlinks, no HAMT, no inlined
// blocks, every size the true one. What differs is refused, however well formed
// it is otherwise.
package blockset

import (
	"context"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Putter keeps blocks. They are durable when Put returns; a block that is
// already held is no error. The data is not changed afterwards by the caller.
// Two Puts may be called at once.
type Putter interface {
	Put(ctx context.Context, bs ...models.Block) error
}

// Getter hands out blocks. The bytes match the CID, else the error wraps
// models.ErrCorrupt; a block that cannot be had wraps models.ErrNotFound or
// models.ErrUnavailable. The caller does not change the bytes. Verify, Walk and
// the exports call Get from several goroutines.
type Getter interface {
	Get(ctx context.Context, c cid.Cid) ([]byte, error)
}
