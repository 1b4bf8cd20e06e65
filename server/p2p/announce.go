package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/namespace"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p-kad-dht/provider"
	"github.com/libp2p/go-libp2p-kad-dht/provider/keystore"
	"github.com/libp2p/go-libp2p/core/host"
	mh "github.com/multiformats/go-multihash"
)

// Roots says which releases a node may name to strangers as held here.
type Roots interface {
	// RootAnnounced is asked before each announcement, by multihash.
	RootAnnounced(ctx context.Context, root cid.Cid) (bool, error)
	// AnnouncedRoots returns a page of them and the next page's cursor: 0 for the
	// first, and 0 again after the last.
	AnnouncedRoots(ctx context.Context, cursor int64, limit int) ([]cid.Cid, int64, error)
}

const (
	// rootsPage is how many roots are read at a time.
	rootsPage = 1000
	// recountEvery is how often what is announced is held against the catalogue,
	// which another process may have changed.
	recountEvery = 10 * time.Minute
	// lookEvery is how often the announcer looks whether it keeps up.
	lookEvery = time.Second
	// running is there while a node announces. One that was killed may have lost
	// what it was about to tell, so the next start announces everything anew.
	running = "/running"
)

// announcer keeps the DHT told of the releases that this node holds: their
// roots and nothing else, each once a day, all of one region of the DHT together,
// so that the cost follows the network's size and not the number of releases.
type announcer struct {
	host  host.Host
	dht   *dht.IpfsDHT
	roots Roots
	store ds.Batching
	log   *slog.Logger
	now   func() time.Time

	mu       sync.Mutex
	keys     keystore.Keystore
	provider *provider.SweepingProvider // nil until there is somebody to tell
	ready    bool                       // the provider knows the network's size and takes keys
	lag      lag
}

func newAnnouncer(h host.Host, d *dht.IpfsDHT, roots Roots, store ds.Batching, log *slog.Logger) *announcer {
	return &announcer{host: h, dht: d, roots: roots, store: namespace.Wrap(store, ds.NewKey("announce")), log: log, now: time.Now}
}

// run announces until ctx ends.
func (a *announcer) run(ctx context.Context) error {
	if a.roots == nil {
		return nil
	}
	keys, err := keystore.NewKeystore(namespace.Wrap(a.store, ds.NewKey("keys")))
	if err != nil {
		return fmt.Errorf("p2p: announce: %w", err)
	}
	a.mu.Lock()
	a.keys = guarded{Keystore: keys, roots: a.roots}
	a.mu.Unlock()
	defer a.stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var counted time.Time
	for {
		now := a.now()
		a.look(ctx, now)
		if !a.isReady() {
			counted = time.Time{} // what is new meanwhile was told to nobody
		} else if now.Sub(counted) >= recountEvery {
			if err := a.recount(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("p2p: cannot tell which releases to announce", "err", err)
			} else {
				counted = now
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look starts the provider when somebody is there to tell, and measures how far
// it is behind.
func (a *announcer) look(ctx context.Context, now time.Time) {
	a.mu.Lock()
	p := a.provider
	a.mu.Unlock()
	if p == nil {
		if a.dht.RoutingTable().Size() == 0 {
			return
		}
		if err := a.start(ctx); err != nil {
			a.log.Error("p2p: cannot announce", "err", err)
			return
		}
		a.mu.Lock()
		p = a.provider
		a.mu.Unlock()
	}
	limit, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	stats, err := p.Stats(limit)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ready = stats.Connectivity.Status == "online" && stats.Schedule.AvgPrefixLength >= 0
	a.lag.look(now, stats)
}

func (a *announcer) start(ctx context.Context) error {
	killed, err := a.store.Has(ctx, ds.NewKey(running))
	if err == nil {
		err = a.store.Put(ctx, ds.NewKey(running), nil)
	}
	if err != nil {
		return fmt.Errorf("p2p: announce: %w", err)
	}
	p, err := provider.New(
		provider.WithHost(a.host), provider.WithPeerID(a.host.ID()), provider.WithRouter(a.dht),
		provider.WithMessageSender(a.dht.MessageSender()), provider.WithSelfAddrs(a.dht.FilteredAddrs),
		provider.WithKeystore(a.keys), provider.WithDatastore(namespace.Wrap(lasting{a.store}, ds.NewKey("state"))),
		provider.WithResumeCycle(!killed),
	)
	if err != nil {
		return fmt.Errorf("p2p: announce: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.provider = p
	return nil
}

// stop ends the provider and keeps its state for the next start.
func (a *announcer) stop() {
	a.mu.Lock()
	p, keys := a.provider, a.keys
	a.provider, a.keys, a.ready = nil, nil, false
	a.mu.Unlock()
	var err error
	if p != nil {
		err = p.Close()
	}
	err = errors.Join(err, keys.Close())
	if err == nil && p != nil {
		err = a.store.Delete(context.Background(), ds.NewKey(running))
	}
	if err != nil {
		a.log.Warn("p2p: the state of announcements is lost, the next start announces everything anew", "err", err)
	}
}

// state returns how far announcements are.
func (a *announcer) state() lag {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lag
}

func (a *announcer) isReady() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ready
}

// tell announces a root, or stops announcing it, as Roots has it now. While
// nobody is there to be told, what is new waits for the next recount.
func (a *announcer) tell(ctx context.Context, root cid.Cid) error {
	if a.roots == nil {
		return nil
	}
	yes, err := a.roots.RootAnnounced(ctx, root)
	if err != nil {
		return err
	}
	if yes {
		return a.add(root.Hash())
	}
	return a.drop(ctx, root.Hash())
}

func (a *announcer) add(keys ...mh.Multihash) error {
	a.mu.Lock()
	p := a.provider
	if !a.ready {
		p = nil
	}
	a.mu.Unlock()
	if p == nil || len(keys) == 0 {
		return nil
	}
	return p.StartProviding(false, keys...)
}

func (a *announcer) drop(ctx context.Context, keys ...mh.Multihash) error {
	a.mu.Lock()
	p, store := a.provider, a.keys
	a.mu.Unlock()
	switch {
	case len(keys) == 0 || store == nil:
		return nil
	case p == nil:
		return store.Delete(ctx, keys...)
	}
	return p.StopProviding(keys...)
}
