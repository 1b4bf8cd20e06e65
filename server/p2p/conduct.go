package p2p

import (
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// conduct remembers who broke the rules of the protocol. A peer that did is kept
// away for a while, longer each time. A new name costs nothing, so the address
// that it came from counts too; but others may share that address, and have done
// nothing: from there new connections are taken in one after the other with a
// pause between, and those that there are stay. Faults are forgiven with time.
type conduct struct {
	now func() time.Time

	mu     sync.Mutex
	peers  map[peer.ID]*faults
	places map[netip.Prefix]*faults

	banned, slowed atomic.Uint64 // connections that were refused
}

// faults are what one peer did, or the peers of one address.
type faults struct {
	count float64
	at    time.Time // of the count
	until time.Time // no new connection before
}

const (
	// A peer's first fault keeps it away for banFirst, each further one twice as
	// long, to banMost.
	banFirst, banMost = 10 * time.Second, time.Hour
	// slowFirst and slowMost are the same for the pause between two connections
	// from an address.
	slowFirst, slowMost = 500 * time.Millisecond, 30 * time.Second
	// forgiven is when half of the faults are.
	forgiven = 10 * time.Minute
	// maxFaults bounds how many peers and how many addresses are remembered;
	// those whose faults are oldest are forgotten first.
	maxFaults = 4096
	// maxCount bounds what has to be forgiven.
	maxCount = 16
)

func newConduct(now func() time.Time) *conduct {
	return &conduct{now: now, peers: map[peer.ID]*faults{}, places: map[netip.Prefix]*faults{}}
}

// blame notes a fault of a peer.
func (c *conduct) blame(p peer.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	f := fault(c.peers, p, now)
	f.until = now.Add(grown(banFirst, banMost, f.count))
}

// suspect notes a fault that came from an address.
func (c *conduct) suspect(at ma.Multiaddr) {
	place, ok := placeOf(at)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	f := fault(c.places, place, now)
	f.until = now.Add(grown(slowFirst, slowMost, f.count))
}

// lets reports whether a peer is not kept away.
func (c *conduct) lets(p peer.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.peers[p]
	return f == nil || !c.now().Before(f.until)
}

// admits reports whether a connection may come from an address now.
func (c *conduct) admits(at ma.Multiaddr) bool {
	place, ok := placeOf(at)
	if !ok {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, now := c.places[place], c.now()
	if f == nil {
		return true
	}
	if now.Before(f.until) {
		c.slowed.Add(1)
		return false
	}
	if f.fade(now); f.count < 0.5 {
		delete(c.places, place)
		return true
	}
	f.until = now.Add(grown(slowFirst, slowMost, f.count))
	return true
}

// fault adds one to the faults under a key.
func fault[K comparable](of map[K]*faults, key K, now time.Time) *faults {
	f := of[key]
	if f == nil {
		if len(of) >= maxFaults {
			forget(of)
		}
		f = &faults{at: now}
		of[key] = f
	}
	f.fade(now)
	f.count = min(maxCount, f.count+1)
	return f
}

func (f *faults) fade(now time.Time) {
	f.count *= math.Exp2(-now.Sub(f.at).Seconds() / forgiven.Seconds())
	f.at = now
}

// forget drops the one that was at fault longest ago.
func forget[K comparable](of map[K]*faults) {
	var oldest K
	var at time.Time
	for key, f := range of {
		if at.IsZero() || f.at.Before(at) {
			oldest, at = key, f.at
		}
	}
	delete(of, oldest)
}

// grown is first, doubled for each fault after the first one, and at most most.
func grown(first, most time.Duration, faults float64) time.Duration {
	return min(most, time.Duration(float64(first)*math.Exp2(faults-1)))
}

// placeOf is what one customer of a provider has: an IPv4 address, or an IPv6
// network of 64 bits.
func placeOf(addr ma.Multiaddr) (netip.Prefix, bool) {
	ip, err := manet.ToIP(addr)
	if err != nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Prefix{}, false
	}
	if a = a.Unmap(); a.Is4() {
		return netip.PrefixFrom(a, 32), true
	}
	p, err := a.Prefix(64)
	return p, err == nil
}
