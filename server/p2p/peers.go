package p2p

import (
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// PeerInfo tells about one connected peer.
type PeerInfo struct {
	ID        string   `json:"id"`
	Addrs     []string `json:"addrs"`     // the other ends of the connections
	Agent     string   `json:"agent"`     // what the peer calls itself; "" until it said so
	Direction string   `json:"direction"` // "inbound" or "outbound", of the first connection
	LatencyMS float64  `json:"latencyMs"` // moving average; 0 until measured
	Kept      bool     `json:"kept"`      // a bootstrap peer
}

// Peers returns the connected peers, ordered by id.
func (n *Node) Peers() []PeerInfo {
	ids := n.host.Network().Peers()
	out := make([]PeerInfo, 0, len(ids))
	for _, id := range ids {
		if conns := n.host.Network().ConnsToPeer(id); len(conns) > 0 {
			out = append(out, n.peerInfo(id, conns))
		}
	}
	slices.SortFunc(out, func(a, b PeerInfo) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (n *Node) peerInfo(id peer.ID, conns []network.Conn) PeerInfo {
	store := n.host.Peerstore()
	agent, _ := store.Get(id, "AgentVersion")
	name, _ := agent.(string) // absent until the peer was identified
	info := PeerInfo{
		ID:        id.String(),
		Agent:     strings.ToValidUTF8(name, "?"),
		Direction: strings.ToLower(conns[0].Stat().Direction.String()),
		LatencyMS: float64(store.LatencyEWMA(id)) / float64(time.Millisecond),
		Kept:      n.host.ConnManager().IsProtected(id, keepTag),
	}
	for _, c := range conns {
		info.Addrs = append(info.Addrs, c.RemoteMultiaddr().String())
	}
	return info
}
