package p2p

import (
	"context"
	"slices"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// lanService is the name under which nodes of one local network find each other.
const lanService = "_runnel._udp"

// neighbours connects to the nodes that answer on the local network, and
// answers them, until ctx ends. A network that cannot do that is no error, and a
// node that listens on loopback alone has none.
func (n *Node) neighbours(ctx context.Context) {
	own, err := n.host.Network().InterfaceListenAddresses()
	if err != nil || !slices.ContainsFunc(own, func(a ma.Multiaddr) bool { return !manet.IsIPLoopback(a) }) {
		return
	}
	service := mdns.NewMdnsService(n.host, lanService, met{n: n, ctx: ctx, slots: make(chan struct{}, dialsAtOnce)})
	if err := service.Start(); err != nil {
		n.log.Info("p2p: nodes on the local network are not looked for", "err", err)
		return
	}
	<-ctx.Done()
	if err := service.Close(); err != nil {
		n.log.Debug("p2p: mDNS", "err", err)
	}
}

// met hears of neighbours.
type met struct {
	n     *Node
	ctx   context.Context // the interface passes none
	slots chan struct{}
}

// HandlePeerFound connects to a neighbour. When many answer at once, some wait
// for their next word.
func (m met) HandlePeerFound(p peer.AddrInfo) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	default:
		return
	}
	p.Addrs = near(p.Addrs)
	if len(p.Addrs) == 0 || m.ctx.Err() != nil {
		return
	}
	if err := m.n.connect(m.ctx, p); err != nil {
		m.n.log.Debug("p2p: a neighbour does not answer", "peer", p.ID.String(), "err", err)
	}
}

// near keeps the addresses of a local network: anyone on it can answer, and must
// not send this node elsewhere, nor to services of its own machine.
func near(addrs []ma.Multiaddr) []ma.Multiaddr {
	return ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool {
		_, err := manet.ToIP(a)
		return err == nil && manet.IsPrivateAddr(a) && !manet.IsIPLoopback(a)
	})
}
