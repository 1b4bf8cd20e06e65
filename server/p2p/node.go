package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/exchange"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"runnel/models"
)

// Node is a running libp2p host with Bitswap. Its methods may be called from
// several goroutines.
type Node struct {
	cfg      Config
	host     host.Host
	gate     *gate
	asked    *asked
	swap     *bitswap.Bitswap
	sessions *sessions
	members  *members
	log      *slog.Logger

	unregister func() // takes the metrics back

	closing sync.Once
	closed  chan struct{}
	err     error
}

// New opens the node's listeners and answers peers from store at once: the
// libraries beneath work in their own goroutines until Close. Run does the
// rest. The store is read through Config.Servable and never written.
func New(cfg Config, store blockstore.Blockstore, log *slog.Logger) (*Node, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	h, err := newHost(cfg)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg:    cfg,
		host:   h,
		gate:   &gate{store: store, servable: cfg.Servable, log: log},
		log:    log,
		closed: make(chan struct{}),

		members: &members{list: cfg.Members, patience: memberTime},
	}
	if cfg.Members != nil {
		h.SetStreamHandler(memberProtocol, n.answerMember)
	}
	n.asked = newAsked(h.Network().ClosePeer, log)
	n.swap = newBitswap(h, n.gate, n.asked)
	n.sessions = newSessions(maxSessions, sessionIdle, func(ctx context.Context) exchange.Fetcher {
		return n.swap.NewSession(ctx)
	})
	n.unregister, err = n.register(cfg.Metrics)
	if err := errors.Join(err, listenAll(h.Network(), cfg, log)); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// newBitswap starts Bitswap without content routing: it asks the peers that
// are connected.
func newBitswap(h host.Host, g *gate, a *asked) *bitswap.Bitswap {
	return bitswap.New(context.Background(), bsnet.NewFromIpfsHost(h), nil, g,
		bitswap.MaxOutstandingBytesPerPeer(maxOutstanding),
		bitswap.MaxQueuedWantlistEntriesPerPeer(maxWants),
		bitswap.MaxCidSize(maxCIDBytes),
		bitswap.EngineBlockstoreWorkerCount(storeWorkers),
		bitswap.WithoutDuplicatedBlockStats(),
		bitswap.WithTracer(a),
	)
}

// ID returns the node's peer id, which its key determines.
func (n *Node) ID() peer.ID { return n.host.ID() }

// Addrs returns where the node can be dialled, each with /p2p/<peer id>. An
// address that covers all interfaces is given as one per interface.
func (n *Node) Addrs() []ma.Multiaddr {
	at := n.host.Addrs()
	if len(at) == 0 { // else the id alone would look like an address
		return nil
	}
	addrs, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: n.host.ID(), Addrs: at})
	if err != nil {
		n.log.Error("p2p: own addresses", "err", err)
		return nil
	}
	return addrs
}

// Connect dials the peer at addr, which ends in /p2p/<peer id>. A peer that
// does not answer is models.ErrUnavailable.
func (n *Node) Connect(ctx context.Context, addr ma.Multiaddr) error {
	info, err := peer.AddrInfoFromP2pAddr(addr)
	if err != nil {
		return fmt.Errorf("p2p: connect to %s: %w: %w", addr, err, models.ErrInvalid)
	}
	return n.connect(ctx, *info)
}

// Close disconnects from everyone and frees the ports. Fetches under way end
// with models.ErrUnavailable. It may be called more than once.
func (n *Node) Close() error {
	n.closing.Do(func() {
		close(n.closed)
		n.sessions.closeAll()
		n.err = errors.Join(n.swap.Close(), n.host.Close())
		n.unregister()
	})
	return n.err
}
