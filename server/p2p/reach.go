package p2p

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// bogons returns the ranges that no packet of the public internet comes from or
// goes to: the special-purpose registries of RFC 6890 with their later entries,
// without those that are globally reachable. Of IPv6 only 2000::/3 is in use;
// what is listed here lies inside it.
func bogons() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// reach decides which addresses a node may dial and announce. On a public node
// those are the public ones: a peer that names private addresses would have
// the node knock at machines of its own network.
type reach struct {
	public bool
	bogons []netip.Prefix
	ipv6   netip.Prefix  // what of IPv6 is in use
	nat64  netip.Prefix  // IPv4 inside IPv6
	always sync.Map      // addresses of named peers
	barred atomic.Uint64 // dials that were refused

	shunned sync.Map // peers that are kept away
	conduct *conduct
}

var _ connmgr.ConnectionGater = (*reach)(nil)

// newReach takes the peers that the operator named: their addresses may be
// dialled wherever they are.
func newReach(public bool, named []peer.AddrInfo) *reach {
	r := &reach{
		public: public, bogons: bogons(), conduct: newConduct(time.Now),
		ipv6: netip.MustParsePrefix("2000::/3"), nat64: netip.MustParsePrefix("64:ff9b::/96"),
	}
	for _, p := range named {
		r.trust(p)
	}
	return r
}

// trust lets a peer be dialled at these addresses, wherever they are.
func (r *reach) trust(p peer.AddrInfo) {
	for _, a := range p.Addrs {
		r.always.Store(place(p.ID, a), true)
	}
}

func (r *reach) trusts(p peer.ID, a ma.Multiaddr) bool {
	_, ok := r.always.Load(place(p, a))
	return ok
}

func place(p peer.ID, a ma.Multiaddr) string { return string(p) + string(a.Bytes()) }

// global reports whether addr begins with an IP address of the public internet.
// A name is not: whoever spreads it decides later what it means.
func (r *reach) global(addr ma.Multiaddr) bool {
	ip, err := manet.ToIP(addr)
	if err != nil {
		return false
	}
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	a = a.Unmap()
	if r.nat64.Contains(a) {
		all := a.As16()
		a = netip.AddrFrom4([4]byte(all[12:]))
	}
	if a.Is6() && !r.ipv6.Contains(a) {
		return false
	}
	for _, p := range r.bogons {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// told filters addresses that this node tells others, and those that others
// tell it: on a private network all but names, which would have the node ask
// its DNS server for whatever a stranger likes.
func (r *reach) told(addrs []ma.Multiaddr) []ma.Multiaddr {
	return ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool {
		if r.public {
			return r.global(a)
		}
		_, err := manet.ToIP(a)
		return err == nil
	})
}

// InterceptAddrDial is asked before each dial, after names are resolved.
func (r *reach) InterceptAddrDial(p peer.ID, a ma.Multiaddr) bool {
	if !r.public || r.global(a) || r.trusts(p, a) {
		return true
	}
	r.barred.Add(1)
	return false
}

// InterceptPeerDial lets every peer be dialled that is not kept away.
func (r *reach) InterceptPeerDial(p peer.ID) bool { return r.lets(p) }

func (r *reach) lets(p peer.ID) bool {
	_, shunned := r.shunned.Load(p)
	return !shunned && r.conduct.lets(p)
}

// InterceptAccept is asked before a handshake, which costs. Who comes from a
// private address is on this node's network already.
func (r *reach) InterceptAccept(c network.ConnMultiaddrs) bool {
	return r.conduct.admits(c.RemoteMultiaddr())
}

// InterceptSecured lets every peer in that is not kept away.
func (r *reach) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	lets := r.lets(p)
	if !lets {
		r.conduct.banned.Add(1)
	}
	return lets
}

// InterceptUpgraded lets every peer in.
func (r *reach) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// ListensPublicly reports whether one of the addresses to listen on (of all
// interfaces, where it covers all) belongs to the public internet.
func ListensPublicly(listen []ma.Multiaddr) bool {
	r := newReach(true, nil)
	for _, a := range listen {
		each := []ma.Multiaddr{a}
		if manet.IsIPUnspecified(a) {
			own, err := manet.InterfaceMultiaddrs()
			if err != nil {
				return false
			}
			each = own
		}
		for _, e := range each {
			if sameFamily(a, e) && r.global(e) {
				return true
			}
		}
	}
	return false
}

func sameFamily(a, b ma.Multiaddr) bool {
	return len(a) > 0 && len(b) > 0 && a[0].Protocol().Code == b[0].Protocol().Code
}
