package p2p

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"

	"runnel/models"
)

// Config is what a Node needs to know. Only Key must be given.
type Config struct {
	// Key is the node's Ed25519 identity; LoadOrCreateKey keeps one in a file.
	Key crypto.PrivKey
	// Version goes into the user agent, "runnel/<Version>".
	Version string
	// Listen holds TCP and QUIC addresses; nil means DefaultListen. An empty
	// slice that is not nil means that the node only dials.
	Listen []ma.Multiaddr
	// MoveIfTaken lets a listener whose port is in use take a free one.
	MoveIfTaken bool
	// Bootstrap holds the peers that Run connects to and stays connected with.
	Bootstrap []peer.AddrInfo
	// Public says that the node is on the public internet: addresses that are not
	// are neither dialled nor announced, but for those of Bootstrap.
	Public bool
	// Neighbours looks for nodes on the local network by mDNS, and answers them.
	Neighbours bool
	// Store keeps records of the DHT, what was announced, and good peers. The
	// caller closes it after the Node. Nil keeps them in memory.
	Store ds.Batching
	// Roots says which releases are announced in the DHT; nil means none.
	Roots Roots
	// EgressLimit bounds the bytes of blocks sent to peers in a second; 0 is no
	// limit. The bytes around them, a few in a hundred, are not counted.
	EgressLimit int64
	// Servable reports whether a block may go out to anyone who asks. It is
	// asked before a block's existence or size is told and again before its
	// bytes are read; it must be quick. Nil means that nothing goes out.
	Servable func(ctx context.Context, c cid.Cid) bool
	// Members lists where the servers are that act as one with this one, each
	// address with /p2p/<peer id>. They stay connected and get every block they
	// ask for. Nil means that there are none.
	Members func() ([]string, error)
	// MapPorts asks the local router (UPnP, NAT-PMP) to forward the ports.
	MapPorts bool
	// BlockTimeout is how long Get waits without hearing anything for the root
	// that it fetches; 20 s when zero.
	BlockTimeout time.Duration
	// DialTimeout limits one attempt to connect; 15 s when zero.
	DialTimeout time.Duration
	// RetryMin and RetryMax bound the growing pause between two attempts to
	// reach a bootstrap peer; 1 s and 2 min when zero.
	RetryMin, RetryMax time.Duration
	// Metrics takes the node's counters; nil means none are kept.
	Metrics prometheus.Registerer
}

const (
	// connections above highWater are trimmed to lowWater, oldest and least
	// useful first; bootstrap peers are exempt.
	lowWater, highWater = 128, 256
	// trimGrace protects a new connection from being trimmed.
	trimGrace = time.Minute

	// maxOutstanding lets this much data be under way to one peer. The library's
	// 1 MiB makes blocks of 1 MiB stop-and-wait.
	maxOutstanding = 32 << 20
	// maxWants is how many wants of one peer are remembered; it may send more,
	// which then compete.
	maxWants = 1024
	// maxCIDBytes refuses to look at longer names; ours have 36 bytes.
	maxCIDBytes = 64
	// storeWorkers read blocks from the store for other peers.
	storeWorkers = 16
	// sendWorkers send blocks; one that waits for its pace or a slow line holds
	// up only itself, and stalls keeps some of them free.
	sendWorkers = 64

	// maxSessions and sessionIdle bound the Bitswap sessions kept open.
	maxSessions = 64
	sessionIdle = 5 * time.Minute
)

// withDefaults returns the configuration that is used, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.Key == nil || c.Key.Type() != crypto.Ed25519 {
		return c, fmt.Errorf("p2p: the node's key must be Ed25519: %w", models.ErrInvalid)
	}
	if c.Listen == nil {
		c.Listen = DefaultListen()
	}
	if c.Servable == nil {
		c.Servable = func(context.Context, cid.Cid) bool { return false }
	}
	if c.Store == nil {
		c.Store = dssync.MutexWrap(ds.NewMapDatastore())
	}
	if c.EgressLimit < 0 {
		return c, fmt.Errorf("p2p: the egress limit is negative: %w", models.ErrInvalid)
	}
	c.Version = orElse(c.Version, "dev")
	c.BlockTimeout = orElse(c.BlockTimeout, 20*time.Second)
	c.DialTimeout = orElse(c.DialTimeout, 15*time.Second)
	c.RetryMin = orElse(c.RetryMin, time.Second)
	c.RetryMax = max(orElse(c.RetryMax, 2*time.Minute), c.RetryMin)
	return c, nil
}

func orElse[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
