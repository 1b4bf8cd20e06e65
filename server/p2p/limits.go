package p2p

import (
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"
)

const (
	// connsPerIP is how many connections one address may have, and a network of
	// the size that one customer gets four times as many. It holds for loopback
	// too, which the library exempts: there is nothing about 127.0.0.1 that makes
	// a flood from it harmless.
	connsPerIP = 64
	// connRate and connBurst bound how often one address may connect.
	connRate, connBurst = 8, 4 * connsPerIP

	// swapStreams are Bitswap streams at a time, swapPeerStreams those of one
	// peer: an honest one has one for its wants and one for each block under way.
	swapStreams, swapPeerStreams = 1024, 64
	// swapMemory bounds the messages being read, swapPeerMemory those of one peer.
	swapMemory, swapPeerMemory = 64 << 20, 12 << 20
)

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
		// Connections that did not say yet who they are: as many as may come in at
		// all, or the library's 32 let one silent address lock out every newcomer.
		Transient: rcmgr.ResourceLimits{
			Conns: 2 * highWater, ConnsInbound: highWater + lowWater, ConnsOutbound: highWater, FD: 2 * highWater,
		},
		Protocol:     map[protocol.ID]rcmgr.ResourceLimits{},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{},
	}
	for _, id := range swapProtocols() {
		limits.Protocol[id] = rcmgr.ResourceLimits{Streams: 5 * swapStreams, StreamsInbound: swapStreams, StreamsOutbound: 4 * swapStreams, Memory: swapMemory}
		limits.ProtocolPeer[id] = rcmgr.ResourceLimits{Streams: 17 * swapPeerStreams, StreamsInbound: swapPeerStreams, StreamsOutbound: 16 * swapPeerStreams, Memory: swapPeerMemory}
	}
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.Build(defaults.Scale(512<<20, 1024))),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithNetworkPrefixLimit([]rcmgr.NetworkPrefixLimit{}, []rcmgr.NetworkPrefixLimit{}),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: connsPerIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 64, ConnCount: connsPerIP}, {PrefixLength: 48, ConnCount: 4 * connsPerIP}}),
		rcmgr.WithConnRateLimiters(&rate.Limiter{SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: rate.Limit{RPS: connRate, Burst: connBurst}}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 64, Limit: rate.Limit{RPS: connRate, Burst: connBurst}}},
		}}),
	)
}

// swapProtocols are the versions of Bitswap that the library speaks.
func swapProtocols() []protocol.ID {
	return []protocol.ID{bsnet.ProtocolBitswap, bsnet.ProtocolBitswapOneOne, bsnet.ProtocolBitswapOneZero, bsnet.ProtocolBitswapNoVers}
}
