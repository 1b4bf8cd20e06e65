package p2p

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/models"
)

// Members may have each other's blocks whatever these belong to: what goes out,
// and to whom, is decided by the server that a viewer asked. Bitswap's gate knows
// blocks and not peers, so members ask by a protocol of their own: one CID a
// stream (its length in a byte, then its bytes), answered by the block's length
// in four bytes, most significant first, and its bytes; noBlock where it is not
// here.
const (
	memberProtocol = "/runnel/block/1"
	noBlock        = ^uint32(0)
	maxBlock       = 2 << 20
)

// answerMember gives a member a block, and a stranger nothing.
func (n *Node) answerMember(s network.Stream) {
	defer func() { _ = s.Close() }()
	if !n.members.has(s.Conn().RemotePeer()) {
		_ = s.Reset()
		return
	}
	_ = s.SetDeadline(time.Now().Add(n.members.patience))
	ctx, cancel := context.WithTimeout(context.Background(), n.members.patience)
	defer cancel()
	if err := n.answer(ctx, s); err != nil {
		n.log.Debug("p2p: a member was not answered", "err", err)
		_ = s.Reset()
	}
}

func (n *Node) answer(ctx context.Context, s io.ReadWriter) error {
	var head [1 + maxCIDBytes]byte
	if _, err := io.ReadFull(s, head[:1]); err != nil {
		return err
	}
	name := head[1 : 1+min(int(head[0]), maxCIDBytes)]
	if _, err := io.ReadFull(s, name); err != nil {
		return err
	}
	c, err := cid.Cast(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s)
	block, err := n.gate.store.Get(ctx, c)
	if err != nil {
		_ = n.gate.refuse(c, err) // says what is wrong with it
		_ = binary.Write(out, binary.BigEndian, noBlock)
		return out.Flush()
	}
	_ = binary.Write(out, binary.BigEndian, uint32(len(block.RawData())))
	_, _ = out.Write(block.RawData())
	return out.Flush()
}

// fromMembers asks all connected members at once and takes the first that has
// the block; models.ErrNotFound when none does. Other peers are not asked
// meanwhile: they need not hear of blocks that are private.
func (n *Node) fromMembers(ctx context.Context, c cid.Cid) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, n.members.patience)
	defer cancel()
	came, asked := make(chan []byte), 0
	for id := range n.members.known(meetEvery) {
		if !n.connected(id) || n.members.rests(id) {
			continue
		}
		asked++
		go func() {
			data, err := n.askMember(ctx, id, c)
			if err != nil && !errors.Is(err, models.ErrNotFound) && !errors.Is(ctx.Err(), context.Canceled) {
				n.members.rest(id)
				n.log.Warn("p2p: a member does not answer", "peer", id.String(), "err", err)
			}
			select {
			case came <- data:
			case <-ctx.Done():
			}
		}()
	}
	for range asked {
		select {
		case data := <-came:
			if data != nil {
				return data, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, fmt.Errorf("p2p: block %s at the members: %w", c, models.ErrNotFound)
}

func (n *Node) askMember(ctx context.Context, id peer.ID, c cid.Cid) ([]byte, error) {
	s, err := n.host.NewStream(network.WithNoDial(ctx, "runnel"), id, memberProtocol)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Reset() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = s.SetDeadline(deadline)
	}
	name := c.Bytes()
	if _, err := s.Write(append([]byte{byte(len(name))}, name...)); err != nil {
		return nil, err
	}
	var size uint32
	if err := binary.Read(s, binary.BigEndian, &size); err != nil {
		return nil, err
	}
	if size > maxBlock {
		return nil, models.ErrNotFound
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(s, data); err != nil {
		return nil, err
	}
	if err := matching(c, data); err != nil {
		return nil, err
	}
	return data, nil
}
