package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/models"
)

// Shun keeps a peer away until welcome is called: it is not dialled, its
// connections are refused, and those that there are end.
func (n *Node) Shun(id string) (welcome func(), err error) {
	p, err := peer.Decode(id)
	if err != nil {
		return nil, fmt.Errorf("p2p: peer id %q: %w: %w", id, models.ErrInvalid, err)
	}
	n.reach.shunned.Store(p, true)
	if err := n.host.Network().ClosePeer(p); err != nil {
		n.log.Debug("p2p: shun", "peer", id, "err", err)
	}
	return func() { n.reach.shunned.Delete(p) }, nil
}
