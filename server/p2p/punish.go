package p2p

import "github.com/libp2p/go-libp2p/core/peer"

// punish disconnects a peer that broke the rules of the protocol, and keeps it
// away for a while. A peer that the operator named is only disconnected.
func (n *Node) punish(p peer.ID) error {
	if !n.isKept(p) {
		n.reach.conduct.blame(p)
	}
	return n.dismiss(p)
}

// dismiss disconnects a peer that is in the others' way. It may come back, as
// soon as its address is let in.
func (n *Node) dismiss(p peer.ID) error {
	if !n.isKept(p) {
		for _, c := range n.host.Network().ConnsToPeer(p) {
			n.reach.conduct.suspect(c.RemoteMultiaddr())
		}
	}
	return n.host.Network().ClosePeer(p)
}
