package gateway

import (
	"context"
	"io"
	"time"

	"github.com/ipfs/boxo/files"
	boxo "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/path"
	"github.com/ipfs/go-cid"
)

// backend is the library's, with the rules before every way in and names
// resolved our way. No method of BlocksBackend that resolves names is reached.
type backend struct {
	*boxo.BlocksBackend
	rules rules
	names names
}

// enter checks the root of a path and notes it for those who fetch.
func (b *backend) enter(ctx context.Context, p path.ImmutablePath) (context.Context, error) {
	root := p.RootCid()
	return context.WithValue(ctx, rootKey{}, root), b.rules.root(ctx, root)
}

// Get returns a file, a folder or a block; see boxo.IPFSBackend.
func (b *backend) Get(ctx context.Context, p path.ImmutablePath, ranges ...boxo.ByteRange) (boxo.ContentPathMetadata, *boxo.GetResponse, error) {
	ctx, err := b.enter(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	return b.BlocksBackend.Get(ctx, p, ranges...)
}

// GetAll returns a file or a whole folder; see boxo.IPFSBackend.
func (b *backend) GetAll(ctx context.Context, p path.ImmutablePath) (boxo.ContentPathMetadata, files.Node, error) {
	ctx, err := b.enter(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	return b.BlocksBackend.GetAll(ctx, p)
}

// GetBlock returns one block; see boxo.IPFSBackend.
func (b *backend) GetBlock(ctx context.Context, p path.ImmutablePath) (boxo.ContentPathMetadata, files.File, error) {
	ctx, err := b.enter(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	return b.BlocksBackend.GetBlock(ctx, p)
}

// Head tells kind and size; see boxo.IPFSBackend.
func (b *backend) Head(ctx context.Context, p path.ImmutablePath) (boxo.ContentPathMetadata, *boxo.HeadResponse, error) {
	ctx, err := b.enter(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	return b.BlocksBackend.Head(ctx, p)
}

// ResolvePath walks a path; see boxo.IPFSBackend. It also looks whether the last
// block is there: the library's does not, and would answer 304 for what is not.
func (b *backend) ResolvePath(ctx context.Context, p path.ImmutablePath) (boxo.ContentPathMetadata, error) {
	md, block, err := b.GetBlock(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, err
	}
	return md, block.Close()
}

// GetCAR streams a DAG; see boxo.IPFSBackend. A root that is not there is an
// error: the library would send an empty CAR with status 200.
func (b *backend) GetCAR(ctx context.Context, p path.ImmutablePath, params boxo.CarParams) (boxo.ContentPathMetadata, io.ReadCloser, error) {
	ctx, err := b.enter(ctx, p)
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	_, block, err := b.BlocksBackend.GetBlock(ctx, path.FromCid(p.RootCid()))
	if err != nil {
		return boxo.ContentPathMetadata{}, nil, err
	}
	_ = block.Close() // bytes in memory
	return b.BlocksBackend.GetCAR(ctx, p, params)
}

// IsCached reports whether a path can be served without asking peers.
func (b *backend) IsCached(ctx context.Context, p path.Path) bool {
	ctx = context.WithValue(ctx, localKey{}, true)
	fixed, _, _, err := b.ResolveMutable(ctx, p)
	if err != nil {
		return false
	}
	ctx, err = b.enter(ctx, fixed)
	return err == nil && b.BlocksBackend.IsCached(ctx, fixed)
}

// ResolveMutable follows names to an immutable path.
func (b *backend) ResolveMutable(ctx context.Context, p path.Path) (path.ImmutablePath, time.Duration, time.Time, error) {
	fixed, ttl, err := b.names.resolve(ctx, p)
	return fixed, ttl, time.Time{}, err
}

// GetIPNSRecord returns the signed record of a name.
func (b *backend) GetIPNSRecord(ctx context.Context, c cid.Cid) ([]byte, error) {
	return b.names.record(ctx, c)
}

// GetDNSLinkRecord returns what a host's DNSLink names.
func (b *backend) GetDNSLinkRecord(ctx context.Context, host string) (path.Path, error) {
	target, _, err := b.names.link(ctx, host)
	return target, err
}

var (
	_ boxo.IPFSBackend     = (*backend)(nil)
	_ boxo.WithContextHint = (*backend)(nil)
)
