package delivery

import (
	"context"
	"log/slog"
	"os"
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

// Filer is a Local that can open the file of a block whose bytes it has hashed
// and that nobody has touched since: such a file goes to a viewer as it is,
// without a copy. models.ErrNotFound: Get has to be asked. The caller closes the
// file, which nobody else reads.
type Filer interface {
	OpenChecked(ctx context.Context, c cid.Cid) (file *os.File, size int64, err error)
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

// Shared is a cache that other processes reach too. Its bytes are hashed here
// again. It answers in short time or not at all; Put does not wait.
type Shared interface {
	Get(ctx context.Context, c cid.Cid) ([]byte, bool)
	Put(c cid.Cid, data []byte)
	Drop(ctx context.Context, c cid.Cid)
}

// Leader is a Shared that lets one server fetch a block for all. Lead returns
// true to the one that is to fetch, which gives the block or nil to done, and
// false once the block is in the cache.
type Leader interface {
	Lead(ctx context.Context, c cid.Cid) (done func(data []byte), leader bool)
}

// Config sets limits; each zero field has the default that its comment names.
type Config struct {
	Shared      Shared        // the cache shared with other servers; none
	LocalFirst  bool          // look on disk before Shared; it is asked first
	HotWindow   time.Duration // asked for twice within it is hot; 10 min
	PeerTimeout time.Duration // for one block from peers; 30 s
	Ahead       int           // segments fetched ahead of a playback; 4, the least there is
	AheadAtOnce int           // blocks being fetched ahead at a time; 8
	AheadBytes  int64         // of blocks fetched ahead and held until asked for; 64 MiB
	Roots       int           // opened releases kept in memory; 256
	Places      int           // leaves of files whose place is remembered; 65,536
	// Held reports whether a block should be on the node's own disk: one that is
	// not there is put back once others supply it. Nil: no block that is missing is.
	Held func(ctx context.Context, c cid.Cid) (bool, error)
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
	c.Places = def(c.Places, 1<<16)
	if c.HotWindow <= 0 {
		c.HotWindow = 10 * time.Minute
	}
	if c.PeerTimeout <= 0 {
		c.PeerTimeout = 30 * time.Second
	}
	if c.AheadBytes <= 0 {
		c.AheadBytes = 64 << 20
	}
	return c
}

// Delivery finds blocks and files. It is safe for concurrent use.
type Delivery struct {
	cfg     Config
	mem     Cache
	local   Local
	files   Filer // nil: local has none
	peers   Peers // nil: off
	log     *slog.Logger
	metrics Metrics

	fetches  group[found]
	opening  group[*blockset.Opened]
	roots    *otter.Cache[string, *blockset.Opened]
	places   *otter.Cache[placeKey, *place]
	hot      *doorkeeper
	ahead    *ahead
	upcoming *shelf // fetched ahead, not yet evicted by newer ones
}

// New returns a Delivery. peers and metrics may be nil. It starts no goroutine;
// without Run nothing is fetched ahead and all else works.
func New(cfg Config, mem Cache, local Local, peers Peers, log *slog.Logger, metrics Metrics) *Delivery {
	cfg = cfg.withDefaults()
	if metrics == nil {
		metrics = silent{}
	}
	d := &Delivery{
		cfg: cfg, mem: mem, local: local, peers: peers, log: log, metrics: metrics,
		roots: otter.Must(&otter.Options[string, *blockset.Opened]{
			MaximumSize: cfg.Roots, InitialCapacity: cfg.Roots,
		}),
		places:   newPlaces(cfg.Places),
		hot:      newDoorkeeper(cfg.HotWindow),
		ahead:    newAhead(cfg.Ahead),
		upcoming: &shelf{limit: cfg.AheadBytes},
	}
	d.files, _ = local.(Filer)
	d.fetches.joined = func() { metrics.Event(EventCoalesced) }
	return d
}
