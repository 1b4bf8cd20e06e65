package gateway

import (
	"context"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Deps are what a gateway asks. Names and Links may be nil.
type Deps struct {
	Blocks Blocks
	Rules  Rules
	Names  Names // nil: no IPNS name is found
	Links  Links // nil: no DNSLink is looked up
}

// Blocks finds blocks.
type Blocks interface {
	// Get returns a block's bytes, checked against its CID, which the caller must
	// not change; root is the root of the request's path, for those who prefetch.
	// In open mode it may ask peers. Errors are the sentinels of models.
	Get(ctx context.Context, root, block cid.Cid) ([]byte, error)
	// Has reports whether the block is held here, without asking peers.
	Has(ctx context.Context, block cid.Cid) (bool, error)
}

// Rules is the catalogue's word on what may go out; the rule of Bitswap.
type Rules interface {
	// BlockServable reports whether a servable root holds the block.
	BlockServable(ctx context.Context, block cid.Cid) (bool, error)
	// RootStanding returns why a known root is not served, and the moderators'
	// words; models.ErrNotFound when no release names it.
	RootStanding(ctx context.Context, root cid.Cid) (models.Standing, string, error)
	// LiveBlocks returns which of the blocks belong to anything that the
	// catalogue knows, servable or not. It is asked in open mode only.
	LiveBlocks(ctx context.Context, blocks []cid.Cid) (map[cid.Cid]bool, error)
}

// Names finds IPNS records.
type Names interface {
	// Record returns the best record of a name, given as base36 CIDv1, or
	// models.ErrNotFound. The gateway checks signature and validity itself.
	Record(ctx context.Context, name string) ([]byte, error)
}

// Links finds DNSLinks.
type Links interface {
	// Link returns the path that a host's TXT record names (/ipfs/… or /ipns/…)
	// and how long it holds, or models.ErrNotFound.
	Link(ctx context.Context, host string) (path string, ttl time.Duration, err error)
}
