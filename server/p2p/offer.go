package p2p

import (
	"context"
	"fmt"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
)

// Offer answers the peers that asked for any of these blocks before they were
// servable: Bitswap looks at a want once, and a peer repeats it only after
// half a minute. It reads just the blocks that somebody waits for, so the whole
// list of a release may be given. Call it after the change is committed.
func (n *Node) Offer(ctx context.Context, cids []cid.Cid) error {
	wanted := n.wanted()
	if len(wanted) == 0 {
		return nil
	}
	for _, c := range cids {
		if !wanted[c] {
			continue
		}
		block, err := n.gate.Get(ctx, c)
		if err != nil {
			continue // not servable after all: then nobody gets it
		}
		if err := n.notify(ctx, block); err != nil {
			return fmt.Errorf("p2p: offer %s: %w", c, err)
		}
	}
	return ctx.Err()
}

func (n *Node) notify(ctx context.Context, block blocks.Block) error {
	return n.swap.Server.NotifyNewBlocks(ctx, block)
}

// wanted returns what the connected peers wait for.
func (n *Node) wanted() map[cid.Cid]bool {
	out := map[cid.Cid]bool{}
	for _, p := range n.host.Network().Peers() {
		for _, c := range n.swap.Server.WantlistForPeer(p) {
			out[c] = true
		}
	}
	return out
}
