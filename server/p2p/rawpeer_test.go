package p2p

import (
	"bufio"
	"context"
	"slices"
	"sync"
	"testing"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
)

// rawPeer speaks Bitswap's messages without being a Bitswap: it shows what a
// node really sends, and sends what no honest node would.
type rawPeer struct {
	t    *testing.T
	host host.Host
	// answer makes the reply to a message; nil sends none.
	answer func(in bsmsg.BitSwapMessage) bsmsg.BitSwapMessage

	mu       sync.Mutex
	blocks   []blocks.Block
	haves    []cid.Cid
	donts    []cid.Cid
	asked    []cid.Cid // want-blocks
	sounded  []cid.Cid // want-haves
	canceled []cid.Cid
	messages int
}

func newRawPeer(t *testing.T, answer func(bsmsg.BitSwapMessage) bsmsg.BitSwapMessage) *rawPeer {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics())
	require.NoError(t, err)
	p := &rawPeer{t: t, host: h, answer: answer}
	h.SetStreamHandler(bsnet.ProtocolBitswap, p.read)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return p
}

func (p *rawPeer) dial(n *Node) {
	p.t.Helper()
	require.NoError(p.t, p.host.Connect(p.t.Context(), addrInfo(n)))
}

func (p *rawPeer) read(s network.Stream) {
	defer s.Close()
	in := bufio.NewReader(s)
	for {
		msg, _, err := bsmsg.FromNet(in)
		if err != nil {
			return
		}
		p.record(msg)
		if p.answer != nil {
			if out := p.answer(msg); out != nil {
				_ = p.send(context.Background(), s.Conn().RemotePeer(), out) // the other side may be gone
			}
		}
	}
}

func (p *rawPeer) record(msg bsmsg.BitSwapMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages++
	p.blocks = append(p.blocks, msg.Blocks()...)
	p.haves = append(p.haves, msg.Haves()...)
	p.donts = append(p.donts, msg.DontHaves()...)
	for _, e := range msg.Wantlist() {
		switch {
		case e.Cancel:
			p.canceled = append(p.canceled, e.Cid)
		case e.WantType == pb.Message_Wantlist_Block:
			p.asked = append(p.asked, e.Cid)
		default:
			p.sounded = append(p.sounded, e.Cid)
		}
	}
}

func (p *rawPeer) send(ctx context.Context, to peer.ID, msg bsmsg.BitSwapMessage) error {
	s, err := p.host.NewStream(ctx, to, bsnet.ProtocolBitswap)
	if err != nil {
		return err
	}
	defer s.Close()
	return msg.ToNetV1(s)
}

// want asks n for blocks and for a DONT_HAVE where it has none.
func (p *rawPeer) want(n *Node, kind pb.Message_Wantlist_WantType, cids ...cid.Cid) {
	p.t.Helper()
	msg := bsmsg.New(false)
	for _, c := range cids {
		msg.AddEntry(c, 1, kind, true)
	}
	require.NoError(p.t, p.send(p.t.Context(), n.ID(), msg))
}

// got returns copies of what has arrived: blocks, HAVEs and DONT_HAVEs.
func (p *rawPeer) got() (bs []blocks.Block, haves, donts []cid.Cid) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(bs, p.blocks...), append(haves, p.haves...), append(donts, p.donts...)
}

func (p *rawPeer) wasAsked(c cid.Cid) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.asked, c)
}

func (p *rawPeer) wasCanceled(c cid.Cid) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.canceled, c)
}

func (p *rawPeer) wasSounded(c cid.Cid) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.sounded, c)
}
