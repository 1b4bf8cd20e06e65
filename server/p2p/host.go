package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// newHost makes a host that does not listen yet, so that Bitswap is there
// before the first connection: a peer that was connected earlier than its
// handler is one that never gets a want.
func newHost(cfg Config, r *reach) (host.Host, error) {
	conns, err := connmgr.NewConnManager(lowWater, highWater, connmgr.WithGracePeriod(trimGrace))
	if err != nil {
		return nil, fmt.Errorf("p2p: connection manager: %w", err)
	}
	limits, err := newLimits()
	if err != nil {
		return nil, fmt.Errorf("p2p: resource limits: %w", err)
	}
	opts := []libp2p.Option{
		libp2p.Identity(cfg.Key),
		libp2p.UserAgent("runnel/" + cfg.Version),
		libp2p.NoListenAddrs,
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(quic.NewTransport),
		libp2p.Muxer(yamux.ID, newMuxer()),
		libp2p.DisableRelay(),
		libp2p.ConnectionManager(conns),
		libp2p.ResourceManager(limits),
		libp2p.DisableMetrics(),
		libp2p.WithDialTimeout(cfg.DialTimeout),
		libp2p.ConnectionGater(r),
		libp2p.AddrsFactory(r.told),
		libp2p.NonPublicAddrPublishing(!cfg.Public),
		libp2p.MultiaddrResolver(newNames(cfg.Bootstrap)),
	}
	if cfg.MapPorts {
		opts = append(opts, libp2p.NATPortMap())
	}
	h, err := libp2p.New(opts...)
	if err != nil {
		return nil, fmt.Errorf("p2p: start host: %w", err)
	}
	return h, nil
}
