package p2p

import (
	"io"
	"net"
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	blocks "github.com/ipfs/go-block-format"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/require"
)

// tap stands between a node and those who dial it: once shut, nothing that the
// node says is read any more.
func tap(t *testing.T, n *Node, shut <-chan struct{}) peer.AddrInfo {
	t.Helper()
	to, err := manet.ToNetAddr(n.host.Addrs()[0])
	require.NoError(t, err)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			node, err := net.Dial("tcp4", to.String())
			if err != nil {
				from.Close()
				return
			}
			_ = node.(*net.TCPConn).SetReadBuffer(64 << 10)
			t.Cleanup(func() { from.Close(); node.Close() })
			go func() { _, _ = io.Copy(node, from) }()
			go func() {
				for buf := make([]byte, 64<<10); ; {
					select {
					case <-shut:
						return
					default:
					}
					n, err := node.Read(buf)
					if err != nil {
						return
					}
					_, _ = from.Write(buf[:n])
				}
			}()
		}
	}()
	at, err := manet.FromNetAddr(l.Addr())
	require.NoError(t, err)
	return peer.AddrInfo{ID: n.ID(), Addrs: []ma.Multiaddr{at}}
}

// Peers that ask for much and read nothing do not keep blocks from others.
func TestWhoDoesNotReadHoldsNobodyUp(t *testing.T) {
	open := newSet()
	ask := bsmsg.New(true)
	var all []blocks.Block
	for range 120 {
		b := newBlock(t, 200<<10)
		all = append(all, b)
		open.change(true, b.Cid())
		ask.AddEntry(b.Cid(), 1, pb.Message_Wantlist_Block, true)
	}
	a := newNode(t, Config{Listen: loopback()[:1], Servable: open.has}, storeWith(t, all...))
	honest := newNode(t, Config{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.2/tcp/0")}}, newStore())
	connect(t, honest, a)
	shut := make(chan struct{})
	at := tap(t, a, shut)
	const foes = 6
	for i := range foes {
		foe := newFoe(t)
		require.NoError(t, foe.Connect(t.Context(), at))
		s, err := foe.NewStream(t.Context(), a.ID(), bsnet.ProtocolBitswap)
		require.NoError(t, err)
		if i == foes-1 {
			close(shut)
		}
		require.NoError(t, ask.ToNetV1(s))
	}
	require.Eventually(t, func() bool { return a.stalls.dropped.Load() > 0 }, soon, time.Millisecond)
	for _, want := range all[:20] {
		got, err := honest.Get(t.Context(), all[0].Cid(), want.Cid())
		require.NoError(t, err)
		require.Equal(t, want.RawData(), got)
	}
	require.Contains(t, a.host.Network().Peers(), honest.ID())
}

// Who keeps most waiting goes, and only as long as too few are free.
func TestRelieve(t *testing.T) {
	t.Parallel()
	at, gone := time.Unix(1000, 0), make(chan peer.ID, sendWorkers)
	s := newStalls(func(p peer.ID) error { gone <- p; return nil }, func() time.Time { return at })
	begin := func(p peer.ID, n int) {
		for range n {
			m := s.begin(p)
			m.check.Stop() // the test's time passes at once
		}
	}
	begin("greedy", fewFree/2)
	begin("slow", 1)
	at = at.Add(stallTime)
	s.relieve()
	require.Empty(t, gone, "enough are free")
	begin("busy", fewFree/2)
	s.relieve()
	require.Equal(t, peer.ID("greedy"), <-gone)
	s.relieve()
	require.Empty(t, gone, "the rest is let be")
	require.EqualValues(t, 1, s.dropped.Load())
}
