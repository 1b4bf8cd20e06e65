package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/exchange"
	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"runnel/models"
)

// Node is a running libp2p host with Bitswap and the DHT. Its methods may be called from
// several goroutines.
type Node struct {
	cfg       Config
	host      host.Host
	reach     *reach
	gate      *gate
	asked     *asked
	scouts    *scouts
	counts    *counts
	quota     *quota
	egress    *egress
	stalls    *stalls
	wire      *wire
	swap      *bitswap.Bitswap
	sessions  *sessions
	members   *members
	dht       *dht.IpfsDHT
	finder    *finder
	announcer *announcer
	store     ds.Batching
	log       *slog.Logger

	unregister func() // takes the metrics back

	running sync.RWMutex // read-locked by Run, whose last words go to the store
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
	r := newReach(cfg.Public, cfg.Bootstrap)
	h, err := newHost(cfg, r)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, host: h, reach: r, store: cfg.Store, log: log, closed: make(chan struct{}),
		gate:   &gate{store: store, servable: cfg.Servable, log: log},
		scouts: newScouts(), counts: &counts{}, quota: newQuota(time.Now), egress: newEgress(cfg.EgressLimit, time.Now),
		members:    &members{list: cfg.Members, patience: memberTime},
		unregister: func() {},
	}
	if cfg.Members != nil {
		h.SetStreamHandler(memberProtocol, n.answerMember)
	}
	n.startBitswap()
	if n.dht, err = newDHT(h, r, cfg.Store, n.quota); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.finder = newFinder(n.dht, n.connect, n.closed)
	n.announcer = newAnnouncer(h, n.dht, cfg.Roots, cfg.Store, log)
	n.unregister, err = n.register(cfg.Metrics)
	if err := errors.Join(err, listenAll(h.Network(), cfg, log)); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// startBitswap starts Bitswap without content routing: it asks the peers that
// are connected, and the node connects to others itself, by a release's root.
func (n *Node) startBitswap() {
	n.asked = newAsked(n.punish, n.scouts, n.counts, n.log)
	n.stalls = newStalls(n.dismiss, time.Now)
	n.wire = newWire(n)
	n.swap = bitswap.New(context.Background(), n.wire, nil, n.gate,
		bitswap.MaxOutstandingBytesPerPeer(maxOutstanding),
		bitswap.MaxQueuedWantlistEntriesPerPeer(maxWants),
		bitswap.MaxCidSize(maxCIDBytes),
		bitswap.EngineBlockstoreWorkerCount(storeWorkers),
		bitswap.TaskWorkerCount(sendWorkers),
		bitswap.WithPeerBlockRequestFilter(n.quota.want),
		bitswap.WithoutDuplicatedBlockStats(),
		bitswap.WithTracer(n.asked),
	)
	n.sessions = newSessions(maxSessions, sessionIdle, func(ctx context.Context) exchange.Fetcher {
		return n.swap.NewSession(ctx)
	})
	n.host.Network().Notify(&network.NotifyBundle{DisconnectedF: func(_ network.Network, c network.Conn) {
		if !n.connected(c.RemotePeer()) {
			n.scouts.gone(c.RemotePeer())
		}
	}})
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

// Announce tells the DHT that this node holds a release, or stops telling, as
// Config.Roots has it now. Call it after a change is committed. What others
// were told before stays with them for two days at most.
func (n *Node) Announce(ctx context.Context, root cid.Cid) error { return n.announcer.tell(ctx, root) }

// EgressLimit returns what may be sent to peers in bytes a second, 0 for no limit.
func (n *Node) EgressLimit() int64 { return n.cfg.EgressLimit }

// Close disconnects from everyone and frees the ports. Fetches under way end
// with models.ErrUnavailable. It may be called more than once.
func (n *Node) Close() error {
	n.closing.Do(func() {
		close(n.closed)
		n.running.Lock()
		//lint:ignore SA2001 Run holds the lock as long as it runs: this waits for its end
		n.running.Unlock()
		n.unregister()
		n.sessions.closeAll()
		n.err = n.swap.Close()
		if n.dht != nil {
			n.err = errors.Join(n.err, n.dht.Close())
		}
		n.err = errors.Join(n.err, n.host.Close())
	})
	return n.err
}
