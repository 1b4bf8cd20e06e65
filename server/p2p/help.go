package p2p

import (
	"context"
	"fmt"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/models"
)

// help is what a fetch calls for when the connected peers do not do: Bitswap's
// session, which asks everyone who is and gets connected, and a search for
// holders of the release.
type help struct {
	called bool
	came   <-chan blocks.Block
	met    chan peer.ID  // holders that were found and are connected
	alone  chan struct{} // closed when the search is over and nobody is connected
}

func (h *help) call(ctx context.Context, n *Node, in *session, c cid.Cid) (err error) {
	h.called, h.met, h.alone = true, make(chan peer.ID, findHolders), make(chan struct{})
	if h.came, err = in.GetBlocks(ctx, []cid.Cid{c}); err != nil {
		return fmt.Errorf("p2p: block %s: %w: %w", c, err, models.ErrUnavailable)
	}
	met, alone := h.met, h.alone
	go func() {
		note := func(p peer.ID) {
			in.holders.add(p)
			select {
			case met <- p:
			default: // more than are of use
			}
		}
		for _, p := range n.finder.find(ctx, in.root, note) {
			note(p)
		}
		if ctx.Err() == nil && len(n.host.Network().Peers()) == 0 {
			close(alone)
		}
	}()
	return nil
}
