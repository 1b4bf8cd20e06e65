package p2p

import (
	"bytes"
	"encoding/binary"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	blocks "github.com/ipfs/go-block-format"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/require"
)

// foe is a peer from 127.0.0.1 that may do anything.
func newFoe(t *testing.T) host.Host {
	t.Helper()
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.Transport(tcp.NewTCPTransport), libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.ResourceManager(&network.NullResourceManager{}))
	require.NoError(t, err)
	t.Cleanup(func() { h.Close() })
	return h
}

// attacks returns what foes send: 10,000 wants, a message that is no protobuf, a
// block of 3 MiB, and the beginning of a message of 2 MiB.
func attacks(t *testing.T) [][]byte {
	t.Helper()
	wants, big := bsmsg.New(true), bsmsg.New(false)
	for range 10_000 {
		wants.AddEntry(newBlock(t, 8).Cid(), 1, pb.Message_Wantlist_Have, true)
	}
	big.AddBlock(newBlock(t, 3<<20))
	var out [][]byte
	for _, msg := range []bsmsg.BitSwapMessage{wants, big} {
		var sent bytes.Buffer
		require.NoError(t, msg.ToNetV1(&sent))
		out = append(out, sent.Bytes())
	}
	return append(out, append(binary.AppendUvarint(nil, 4000), make([]byte, 4000)...), promise(1000))
}

// promise is the beginning of a message with a block of 2 MiB, n bytes of it.
func promise(n int) []byte { return begun(2<<20, n) }

// begun is the beginning, n bytes long, of a message with a block of size bytes.
func begun(size, n int) []byte {
	var whole bytes.Buffer
	data := make([]byte, size)
	msg := bsmsg.New(false)
	msg.AddBlock(blocks.NewBlock(data))
	if err := msg.ToNetV1(&whole); err != nil {
		panic(err) // a buffer takes all
	}
	return whole.Bytes()[:n]
}

// rounds is how often each foe attacks; it reconnects when it was thrown out.
const rounds = 2

// The node serves who is honest while a thousand connections from one address
// come in and those that get through do their worst, and what that costs is
// bounded.
func TestHonestPeerIsServedDuringAnAttack(t *testing.T) {
	var all []blocks.Block
	open := newSet()
	for range 40 {
		b := newBlock(t, 64<<10)
		all = append(all, b)
		open.change(true, b.Cid())
	}
	a := newNode(t, Config{Listen: loopback()[:1], Servable: open.has}, storeWith(t, all...))
	friend := newNode(t, Config{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.2/tcp/0")}}, newStore())
	connect(t, friend, a)
	late := newNode(t, Config{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.3/tcp/0")}}, newStore())
	before := heap()

	evil := attacks(t)
	var foes sync.WaitGroup
	for i := range 48 {
		foe := newFoe(t)
		foes.Go(func() {
			for range rounds {
				if foe.Connect(t.Context(), addrInfo(a)) != nil {
					return
				}
				if s, err := foe.NewStream(t.Context(), a.ID(), bsnet.ProtocolBitswap); err == nil {
					_ = s.SetWriteDeadline(time.Now().Add(soon))
					_, _ = s.Write(evil[i%len(evil)]) // the node may end the stream at any moment
				}
			}
		})
	}
	at, err := manet.ToNetAddr(a.host.Addrs()[0])
	require.NoError(t, err)
	for range 16 {
		foes.Go(func() {
			for range 60 { // with no handshake; the node need not take them
				if c, err := net.Dial("tcp4", at.String()); err == nil {
					t.Cleanup(func() { c.Close() })
				}
			}
		})
	}
	require.Eventually(t, func() bool {
		return a.counts.garbage.Load() > 0 && a.counts.tooLong.Load() > 0 && a.quota.wants.Load() > 0
	}, soon, time.Millisecond)

	for i, want := range all { // one that was there before, and one that comes now
		honest := []*Node{friend, late}[i%2]
		if i == 1 {
			connect(t, late, a)
		}
		got, err := honest.Get(t.Context(), all[0].Cid(), want.Cid())
		require.NoError(t, err)
		require.Equal(t, want.RawData(), got)
	}
	foreign := 0
	for _, c := range a.host.Network().Conns() {
		if strings.HasPrefix(c.RemoteMultiaddr().String(), "/ip4/127.0.0.1/") {
			foreign++
		}
	}
	require.LessOrEqual(t, foreign, connsPerIP)
	require.NoError(t, a.host.Network().ResourceManager().ViewProtocol(bsnet.ProtocolBitswap, func(s network.ProtocolScope) error {
		require.LessOrEqual(t, s.Stat().Memory, int64(swapMemory))
		require.LessOrEqual(t, s.Stat().NumStreamsInbound, swapStreams)
		return nil
	}))
	foes.Wait()
	require.Less(t, int64(heap())-int64(before), int64(256<<20), "attackers and node together")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// One address has its number of connections, also on loopback, and others have
// theirs.
func TestConnectionsPerAddress(t *testing.T) {
	a := newNode(t, Config{Listen: loopback()[:1]}, newStore())
	through := 0
	for range connsPerIP + 20 {
		if newFoe(t).Connect(t.Context(), addrInfo(a)) == nil {
			through++
		}
	}
	require.LessOrEqual(t, through, connsPerIP)
	require.Greater(t, through, connsPerIP/2)
	other := newNode(t, Config{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.2/tcp/0")}}, newStore())
	connect(t, other, a)
}

// A message that is begun and not finished costs what of it has come, not what
// it says it will be.
func TestPromisesCostNothing(t *testing.T) {
	a := newNode(t, Config{Listen: loopback()[:1]}, newStore())
	foe := newFoe(t)
	require.NoError(t, foe.Connect(t.Context(), addrInfo(a)))
	for range swapPeerStreams / 2 {
		s, err := foe.NewStream(t.Context(), a.ID(), bsnet.ProtocolBitswap)
		require.NoError(t, err)
		_, err = s.Write(promise(1000))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		var taken int64
		err := a.host.Network().ResourceManager().ViewProtocol(bsnet.ProtocolBitswap, func(s network.ProtocolScope) error {
			taken = s.Stat().Memory
			return nil
		})
		return err == nil && taken >= swapPeerStreams/2*firstRead && taken < 2*swapPeerStreams*firstRead
	}, soon, time.Millisecond)
}

// Foes that fill the memory for messages with blocks that they never finish do
// not keep others' wants out.
func TestWantsAreReadWhenMemoryIsFull(t *testing.T) {
	block := newBlock(t, 1000)
	a := newNode(t, Config{Listen: loopback()[:1], Servable: newSet(block.Cid()).has}, storeWith(t, block))
	honest := newRawPeer(t, nil)
	honest.dial(a)
	for range swapMemory/swapPeerMemory + 2 {
		foe := newFoe(t)
		require.NoError(t, foe.Connect(t.Context(), addrInfo(a)))
		for range swapPeerMemory / (growth * firstRead) {
			if s, err := foe.NewStream(t.Context(), a.ID(), bsnet.ProtocolBitswap); err == nil {
				_, _ = s.Write(promise(firstRead + 1000)) // refused where memory is full already
			}
		}
	}
	require.Eventually(t, func() bool { return a.counts.noMemory.Load() > 0 }, soon, time.Millisecond)
	// Small messages take what is left for blocks, to the last byte.
	small := newFoe(t)
	require.NoError(t, small.Connect(t.Context(), addrInfo(a)))
	full := func() (full bool) {
		for _, id := range swapProtocols() {
			require.NoError(t, a.host.Network().ResourceManager().ViewProtocol(id, func(s network.ProtocolScope) error {
				full = full || s.Stat().Memory >= swapMemory/256*(1+int64(swapPriority))
				return nil
			}))
		}
		return full
	}
	require.Eventually(t, func() bool {
		if s, err := small.NewStream(t.Context(), a.ID(), bsnet.ProtocolBitswap); err == nil {
			_, _ = s.Write(begun(leastTaken*3/4, leastTaken/2))
		}
		return full()
	}, soon, time.Millisecond)
	honest.want(a, pb.Message_Wantlist_Block, block.Cid())
	require.Eventually(t, func() bool { got, _, _ := honest.got(); return len(got) == 1 }, soon, time.Millisecond)
}

func TestQuota(t *testing.T) {
	t.Parallel()
	at := time.Unix(1000, 0)
	q := newQuota(func() time.Time { return at })
	c := newBlock(t, 1).Cid()
	count := func(p string, n int) (through int) {
		for range n {
			if q.want(peer.ID(p), c) {
				through++
			}
		}
		return through
	}
	require.Equal(t, wantBurst, count("a", 2*wantBurst))
	require.Equal(t, 10, count("b", 10), "one peer's flood is not another's")
	at = at.Add(time.Second)
	require.Equal(t, wantRate, count("a", 2*wantBurst))
	require.EqualValues(t, 3*wantBurst-wantRate, q.wants.Load())
	records := 0
	for range 2 * recordBurst {
		if q.record("a") {
			records++
		}
	}
	require.Equal(t, recordBurst, records)
	for i := range 2 * maxAllowances {
		q.want(peer.ID(string(rune(i))), c)
	}
	require.LessOrEqual(t, len(q.peers), maxAllowances)
}
