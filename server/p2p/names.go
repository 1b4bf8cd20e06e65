package p2p

import (
	"context"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
	madns "github.com/multiformats/go-multiaddr-dns"
)

// names resolves the names that the operator gave with bootstrap peers, those
// that they lead to, and no others: what peers say of themselves must not send
// this node's questions to a DNS server of their choice.
type names struct {
	dns network.MultiaddrDNSResolver

	mu  sync.Mutex
	own map[string]bool // "/dns4/example.org"
}

var _ network.MultiaddrDNSResolver = (*names)(nil)

func newNames(bootstrap []peer.AddrInfo) *names {
	n := &names{dns: swarm.ResolverFromMaDNS{Resolver: madns.DefaultResolver}, own: map[string]bool{}}
	for _, p := range bootstrap {
		n.allow(p.Addrs)
	}
	return n
}

func (n *names) allow(addrs []ma.Multiaddr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range addrs {
		if len(a) > 0 {
			n.own[a[0].String()] = true
		}
	}
}

func (n *names) allowed(addr ma.Multiaddr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(addr) > 0 && n.own[addr[0].String()]
}

// ResolveDNSAddr resolves a /dnsaddr and those that it leads to.
func (n *names) ResolveDNSAddr(ctx context.Context, id peer.ID, addr ma.Multiaddr, depth, limit int) ([]ma.Multiaddr, error) {
	if !n.allowed(addr) {
		return nil, nil
	}
	found, err := n.dns.ResolveDNSAddr(ctx, id, addr, depth, limit)
	n.allow(found)
	return found, err
}

// ResolveDNSComponent resolves the name that an address begins with.
func (n *names) ResolveDNSComponent(ctx context.Context, addr ma.Multiaddr, limit int) ([]ma.Multiaddr, error) {
	if !n.allowed(addr) {
		return nil, nil
	}
	return n.dns.ResolveDNSComponent(ctx, addr, limit)
}
