package p2p

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/ipfs/go-cid"
	mh "github.com/multiformats/go-multihash"

	"runnel/models"
)

var errClosed = fmt.Errorf("p2p: the node is closed: %w", models.ErrUnavailable)

// Get fetches the block c of the release under root from the connected peers,
// members first, or from others that the DHT names as holders of root.
// The bytes match c. They are not stored here, and several callers that ask at
// once get the same slice, so nobody may change it.
//
// A name that is not a SHA-256 CID is models.ErrInvalid. When no peer is
// connected, or none sent the block in time, the error is
// models.ErrUnavailable: Bitswap cannot prove that nobody has a block.
func (n *Node) Get(ctx context.Context, root, c cid.Cid) ([]byte, error) {
	if _, err := digestOf(c); err != nil {
		return nil, err
	}
	if data, err := n.fromMembers(ctx, c); err == nil {
		return data, nil
	}
	if len(n.host.Network().Peers()) == 0 && n.finder.hopeless() {
		return nil, fmt.Errorf("p2p: block %s: no peer is connected: %w", c, models.ErrUnavailable)
	}
	for {
		data, again, err := n.fetch(ctx, root, c)
		if !again {
			return data, err
		}
	}
}

// fetch takes part in the fetch of a block that is under way, or starts one.
// It asks to be called again when all it found was one that had failed before.
func (n *Node) fetch(ctx context.Context, root, c cid.Cid) (data []byte, again bool, err error) {
	in, f, first := n.sessions.join(root, c)
	if f == nil {
		return nil, false, errClosed
	}
	defer n.sessions.leave(f)
	if first {
		go n.fly(in, f)
	}
	wait, late := f.done, f.over() && f.err != nil
	if late {
		wait = f.landed
	}
	select {
	case <-wait:
		return f.data, late, f.err
	case <-ctx.Done():
		return nil, false, fmt.Errorf("p2p: block %s: %w", c, ctx.Err())
	}
}

// digestOf returns the SHA-256 digest that c names.
func digestOf(c cid.Cid) ([]byte, error) {
	if !c.Defined() {
		return nil, fmt.Errorf("p2p: no block is named: %w", models.ErrInvalid)
	}
	sum, err := mh.Decode(c.Hash())
	if err != nil || sum.Code != mh.SHA2_256 || len(sum.Digest) != sha256.Size {
		return nil, fmt.Errorf("p2p: block %s is not named by SHA-256: %w", c, models.ErrInvalid)
	}
	return sum.Digest, nil
}
