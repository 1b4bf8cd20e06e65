package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"

	"runnel/models"
	"runnel/models/blockset"
)

// Local is the node's own blocks. Get hashes what it returns;
// models.ErrNotFound and models.ErrCorrupt send delivery on to the peers.
type Local interface {
	Get(ctx context.Context, c cid.Cid) ([]byte, error)
}

// Healer is a Local that can put good bytes in the place of bad ones.
type Healer interface {
	Put(ctx context.Context, bs ...models.Block) error
}

// Haver is a Local that knows cheaply what it has: such blocks are not fetched
// ahead.
type Haver interface {
	Has(ctx context.Context, c cid.Cid) (bool, error)
}

// Peers fetches a block from other nodes; root says to which release it
// belongs, which is how holders are found. Its bytes are hashed here again.
type Peers interface {
	Get(ctx context.Context, root, c cid.Cid) ([]byte, error)
}

// Cache holds hot blocks in memory. It is given checked bytes only, and nobody
// changes bytes that it holds.
type Cache interface {
	Get(c cid.Cid) ([]byte, bool)
	Put(c cid.Cid, data []byte)
}

// Config sets limits; each zero field has the default that its comment names.
type Config struct {
	PeerTimeout time.Duration // for one block from peers; 30 s
	Ahead       int           // segments fetched ahead of a playback; 4, the least there is
	AheadAtOnce int           // blocks being fetched ahead at a time; 8
	AheadBytes  int64         // of blocks fetched ahead and held until asked for; 64 MiB
	Roots       int           // opened releases kept in memory; 256
	Shared      Shared        // asked between memory and disk; nil: none
}

func (c Config) withDefaults() Config {
	def := func(v, d int) int {
		if v <= 0 {
			return d
		}
		return v
	}
	c.Ahead = max(c.Ahead, 4)
	c.AheadAtOnce = def(c.AheadAtOnce, 8)
	c.Roots = def(c.Roots, 256)
	if c.PeerTimeout <= 0 {
		c.PeerTimeout = 30 * time.Second
	}
	if c.AheadBytes <= 0 {
		c.AheadBytes = 64 << 20
	}
	return c
}

// lately is how many blocks read from disk are remembered, without their bytes.
const lately = 8192

// Delivery finds blocks and files. It is safe for concurrent use.
type Delivery struct {
	cfg     Config
	mem     Cache
	local   Local
	peers   Peers // nil: off
	log     *slog.Logger
	metrics Metrics

	fetches  group[found]
	opening  group[*blockset.Opened]
	roots    *otter.Cache[string, *blockset.Opened]
	ahead    *ahead
	upcoming *shelf // fetched ahead, not yet evicted by newer ones

	asked *otter.Cache[string, struct{}] // read from disk lately, by multihash
}

// New returns a Delivery. peers and metrics may be nil. It starts no goroutine;
// without Run nothing is fetched ahead and all else works.
func New(cfg Config, mem Cache, local Local, peers Peers, log *slog.Logger, metrics Metrics) *Delivery {
	cfg = cfg.withDefaults()
	if metrics == nil {
		metrics = silent{}
	}
	return &Delivery{
		cfg: cfg, mem: mem, local: local, peers: peers, log: log, metrics: metrics,
		roots: otter.Must(&otter.Options[string, *blockset.Opened]{
			MaximumSize: cfg.Roots, InitialCapacity: cfg.Roots,
		}),
		ahead:    newAhead(cfg.Ahead),
		upcoming: &shelf{limit: cfg.AheadBytes},
		asked:    otter.Must(&otter.Options[string, struct{}]{MaximumSize: lately}),
	}
}
