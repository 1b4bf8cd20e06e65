package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	bsnetwork "github.com/ipfs/boxo/bitswap/network"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// wire carries Bitswap's messages: the library's network, with bounds on what
// comes in and a pace for what goes out.
type wire struct {
	bsnetwork.BitSwapNetwork
	host   host.Host
	events *bsnetwork.ConnectEventManager
	egress *egress
	lanes  *lanes
	stalls *stalls
	quota  *quota
	counts *counts
	punish func(peer.ID) error // disconnects a peer and keeps it away
	part   func(peer.ID) error // only disconnects it
	log    *slog.Logger

	to []bsnetwork.Receiver // set once, by Start
}

var _ bsnetwork.BitSwapNetwork = (*wire)(nil)

// newWire makes the wire of a node, whose bounds and counters it takes.
func newWire(n *Node) *wire {
	events := bsnetwork.NewConnectEventManager()
	return &wire{
		BitSwapNetwork: bsnet.NewFromIpfsHost(n.host, bsnet.WithConnectEventManager(events)),
		host:           n.host, events: events, egress: n.egress, lanes: newLanes(time.Now), stalls: n.stalls, quota: n.quota,
		counts: n.counts, punish: n.punish, part: n.dismiss, log: n.log,
	}
}

// Start begins to listen with the bounded reader in place of the library's.
func (w *wire) Start(to ...bsnetwork.Receiver) {
	w.to = to
	w.BitSwapNetwork.Start(to...)
	for _, id := range swapProtocols() {
		w.host.SetStreamHandler(id, w.read)
	}
}

// SendMessage sends blocks when the pace lets it, and all else at once.
func (w *wire) SendMessage(ctx context.Context, to peer.ID, msg bsmsg.BitSwapMessage) error {
	size := 0
	for _, b := range msg.Blocks() {
		size += len(b.RawData())
	}
	if size > 0 {
		if err := w.egress.wait(ctx, to, size); err != nil {
			return fmt.Errorf("p2p: send to %s: %w", to, err)
		}
		done, err := w.lanes.take(ctx, w.origin(to), size)
		if err != nil {
			return fmt.Errorf("p2p: send to %s: %w", to, err)
		}
		defer done()
		defer w.stalls.end(w.stalls.begin(to))
	}
	return w.BitSwapNetwork.SendMessage(ctx, to, msg)
}

// origin is what counts as one in the lanes: all peers of one address, for a new
// peer costs nothing.
func (w *wire) origin(p peer.ID) string {
	for _, c := range w.host.Network().ConnsToPeer(p) {
		if place, ok := placeOf(c.RemoteMultiaddr()); ok {
			return place.String()
		}
	}
	return string(p)
}

// read hands over the messages of one stream until it ends or breaks a rule.
func (w *wire) read(s network.Stream) {
	from := s.Conn().RemotePeer()
	in := newBounded(s, func() int { return w.quota.room(from) })
	for {
		msg, err := in.next()
		if err != nil {
			w.end(s, in, err)
			return
		}
		if in.cut > 0 {
			w.quota.refuse(from, in.cut)
		}
		w.events.OnMessage(from)
		for _, r := range w.to {
			r.ReceiveMessage(context.Background(), from, msg)
		}
		if w.quota.floods(from) {
			w.counts.floods.Add(1)
			_ = s.Reset()
			go func() { _ = w.punish(from) }()
			return
		}
	}
}

// end counts why a stream ends. A peer that talks nonsense is punished: the
// next message would be none either.
func (w *wire) end(s network.Stream, in *bounded, err error) {
	if !in.begun { // between messages: the peer is done
		_ = s.SetReadDeadline(time.Now().Add(sendTime))
		go func() { _ = s.Close() }() // may wait for the other side
		return
	}
	_ = s.Reset()
	leave := w.punish
	switch {
	case errors.Is(err, errTooLong):
		w.counts.tooLong.Add(1)
	case errors.Is(err, errNoMemory):
		w.counts.noMemory.Add(1)
		return
	case errors.Is(err, errUnfinished):
		w.counts.unfinished.Add(1)
		leave = w.part // its line may be slow
	case in.whole, errors.Is(err, errGarbage):
		w.counts.garbage.Add(1)
	default: // the connection or the stream broke in the middle
		return
	}
	w.log.Debug("p2p: disconnected a peer", "peer", s.Conn().RemotePeer().String(), "err", err)
	go func() { _ = leave(s.Conn().RemotePeer()) }()
}
