package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/models"
)

// Shun keeps a peer away until welcome is called: what connections there are
// with it are closed, and others as soon as they are made, by either side.
func (n *Node) Shun(id string) (welcome func(), err error) {
	p, err := peer.Decode(id)
	if err != nil {
		return nil, fmt.Errorf("p2p: peer id %q: %w: %w", id, models.ErrInvalid, err)
	}
	away := &network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		if c.RemotePeer() == p {
			go func() { _ = c.Close() }() // the notification holds the connection's lock
		}
	}}
	n.host.Network().Notify(away)
	if err := n.host.Network().ClosePeer(p); err != nil {
		n.log.Debug("p2p: shun", "peer", id, "err", err)
	}
	return func() { n.host.Network().StopNotify(away) }, nil
}
