package p2p

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/sync/errgroup"
)

const (
	// findTime bounds one search in the DHT with the dials that follow.
	findTime = 30 * time.Second
	// findAgain is how long a search counts as made: the blocks of a release that
	// nobody has must not each cost the network one.
	findAgain = 10 * time.Second
	// findAtOnce bounds the searches under way; more wait for their turn.
	findAtOnce = 8
	// findHolders is how many holders of a release are looked for, and connected
	// to at a time.
	findHolders, dialsAtOnce = 16, 4
	// maxSearches bounds what is remembered of searches.
	maxSearches = 1024
)

// finder looks in the DHT for holders of a release, by its root: only roots are
// announced, and who holds one holds all of the release.
type finder struct {
	dht     *dht.IpfsDHT
	connect func(context.Context, peer.AddrInfo) error
	closed  <-chan struct{}
	now     func() time.Time
	slots   chan struct{}

	mu    sync.Mutex
	known map[string]*search // by multihash
}

// search is one look for one root, whatever the number of fetches that wait.
type search struct {
	done chan struct{}
	at   time.Time // when it was over; zero before
	met  []peer.ID // holders that are connected now
}

func newFinder(d *dht.IpfsDHT, connect func(context.Context, peer.AddrInfo) error, closed <-chan struct{}) *finder {
	return &finder{dht: d, connect: connect, closed: closed, now: time.Now, slots: make(chan struct{}, findAtOnce), known: map[string]*search{}}
}

// hopeless reports whether there is nobody to ask.
func (f *finder) hopeless() bool { return f.dht.RoutingTable().Size() == 0 }

// find returns the holders of root that it got connected to. Met is called for
// each as it comes, when this caller is the one that searches, which it then
// does to the end: others wait for the result. A search that others make, or
// made a moment ago, is waited for.
func (f *finder) find(ctx context.Context, root cid.Cid, met func(peer.ID)) []peer.ID {
	s, mine := f.join(string(root.Hash()))
	if !mine {
		select {
		case <-s.done:
		case <-ctx.Done():
			return nil
		}
		return slices.Clone(s.met)
	}
	s.met = f.search(ctx, root, met)
	f.mu.Lock()
	s.at = f.now()
	f.mu.Unlock()
	close(s.done)
	return slices.Clone(s.met)
}

func (f *finder) join(key string) (s *search, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s = f.known[key]; s != nil && (s.at.IsZero() || f.now().Sub(s.at) < findAgain) {
		return s, false
	}
	if len(f.known) >= maxSearches {
		for k, old := range f.known {
			if !old.at.IsZero() && f.now().Sub(old.at) >= findAgain {
				delete(f.known, k)
			}
		}
	}
	s = &search{done: make(chan struct{})}
	f.known[key] = s
	return s, true
}

func (f *finder) search(ctx context.Context, root cid.Cid, met func(peer.ID)) (all []peer.ID) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-f.closed:
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), findTime)
	defer cancel()
	go func() {
		select {
		case <-f.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	var mu sync.Mutex
	var dials errgroup.Group
	dials.SetLimit(dialsAtOnce)
	for holder := range f.dht.FindProvidersAsync(ctx, root, findHolders) {
		if holder.ID == f.dht.PeerID() {
			continue
		}
		dials.Go(func() error {
			if f.connect(ctx, holder) != nil {
				return nil // gone, or out of reach: others may do
			}
			met(holder.ID)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, holder.ID)
			return nil
		})
	}
	_ = dials.Wait() // none returns an error
	return all
}
