package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// newHost makes a host that does not listen yet, so that Bitswap is there
// before the first connection: a peer that was connected earlier than its
// handler is one that never gets a want.
func newHost(cfg Config) (host.Host, error) {
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
		libp2p.DisableRelay(),
		libp2p.ConnectionManager(conns),
		libp2p.ResourceManager(limits),
		libp2p.DisableMetrics(),
		libp2p.WithDialTimeout(cfg.DialTimeout),
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

// newLimits bounds what all peers together and each alone may take. The whole
// is fixed instead of following the machine's memory, so that a node behaves
// the same everywhere; what is not named here keeps the library's value.
func newLimits() (network.ResourceManager, error) {
	defaults := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&defaults)
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns:           2 * highWater,
			ConnsInbound:    highWater + lowWater,
			ConnsOutbound:   highWater,
			Streams:         8192,
			StreamsInbound:  4096,
			StreamsOutbound: 8192,
			FD:              2 * highWater,
			Memory:          512 << 20,
		},
	}.Build(defaults.Scale(512<<20, 1024))
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits), rcmgr.WithMetricsDisabled())
}
