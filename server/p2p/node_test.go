package p2p

import (
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestAddrs(t *testing.T) {
	n := newNode(t, Config{}, newStore())
	addrs := n.Addrs()
	require.Len(t, addrs, 2)
	for _, a := range addrs {
		require.True(t, strings.HasSuffix(a.String(), "/p2p/"+n.ID().String()), a)
	}
}

func TestPeers(t *testing.T) {
	a := newNode(t, Config{Version: "1.2.3"}, newStore())
	b := newNode(t, Config{}, newStore())
	require.Empty(t, b.Peers())
	connect(t, b, a)
	require.Eventually(t, func() bool { p := b.Peers(); return len(p) == 1 && p[0].Agent != "" }, soon, time.Millisecond)
	p := b.Peers()[0]
	require.Equal(t, a.ID().String(), p.ID)
	require.Equal(t, "runnel/1.2.3", p.Agent)
	require.Equal(t, "outbound", p.Direction)
	require.Len(t, p.Addrs, 1)
	require.False(t, p.Kept)
	require.Eventually(t, func() bool { return len(a.Peers()) == 1 }, soon, time.Millisecond)
	require.Equal(t, "inbound", a.Peers()[0].Direction)
}

func TestSpeaksStandardBitswapAndNoPublicNetwork(t *testing.T) {
	n := newNode(t, Config{}, newStore())
	var got []string
	for _, p := range n.host.Mux().Protocols() {
		got = append(got, string(p))
	}
	require.Contains(t, got, "/ipfs/bitswap/1.2.0")
	require.Contains(t, got, "/runnel/kad/1.0.0")
	for _, p := range got {
		require.NotContains(t, p, "relay")
		require.NotContains(t, p, "/ipfs/kad")
		require.NotContains(t, p, "autonat")
	}
}

func TestMetrics(t *testing.T) {
	block := newBlock(t, 3000)
	reg := prometheus.NewPedanticRegistry()
	a := newNode(t, Config{Servable: newSet(block.Cid()).has}, storeWith(t, block))
	b := newNode(t, Config{Metrics: reg}, newStore())
	connect(t, b, a)
	_, err := b.Get(t.Context(), block.Cid(), block.Cid())
	require.NoError(t, err)
	families, err := reg.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		values[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	for name, want := range map[string]float64{
		"runnel_p2p_peers":                 1,
		"runnel_p2p_received_blocks_total": 1,
		"runnel_p2p_received_bytes_total":  3000,
		"runnel_p2p_sent_blocks_total":     0,
		"runnel_p2p_sent_bytes_total":      0,
		"runnel_p2p_refused_total":         0,
		"runnel_provide_lag_seconds":       0,
	} {
		got, there := values[name]
		require.True(t, there, name)
		require.InDelta(t, want, got, 0, name)
	}
	require.NoError(t, b.Close())
	left, err := reg.Gather()
	require.NoError(t, err)
	require.Empty(t, left, "metrics outlive the node")
}

func TestCloseTwice(t *testing.T) {
	n := newNode(t, Config{}, newStore())
	require.NoError(t, n.Close())
	require.NoError(t, n.Close())
	again := newNode(t, Config{Listen: n.cfg.Listen}, newStore())
	require.NoError(t, again.Close())
}

func TestConfigNeedsEd25519(t *testing.T) {
	rsa, _, err := crypto.GenerateKeyPair(crypto.RSA, 2048)
	require.NoError(t, err)
	for name, key := range map[string]crypto.PrivKey{"none": nil, "rsa": rsa} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{Key: key}, newStore(), slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, models.ErrInvalid)
		})
	}
}

// taken holds a port of the given network until the test ends.
func taken(t *testing.T, network string) (port string) {
	t.Helper()
	var held io.Closer
	var addr net.Addr
	if network == "tcp" {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		require.NoError(t, err)
		held, addr = l, l.Addr()
	} else {
		l, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		held, addr = l, l.LocalAddr()
	}
	t.Cleanup(func() { held.Close() })
	_, port, err := net.SplitHostPort(addr.String())
	require.NoError(t, err)
	return port
}

func TestPortTaken(t *testing.T) {
	other := newNode(t, Config{}, newStore())
	tcp, err := other.host.Addrs()[0].ValueForProtocol(ma.P_TCP)
	require.NoError(t, err)
	for name, addr := range map[string]string{
		"tcp":          "/ip4/127.0.0.1/tcp/" + taken(t, "tcp"),
		"quic":         "/ip4/127.0.0.1/udp/" + taken(t, "udp") + "/quic-v1",
		"another node": "/ip4/127.0.0.1/tcp/" + tcp,
	} {
		t.Run(name, func(t *testing.T) {
			listen, err := ParseListen([]string{addr})
			require.NoError(t, err)
			_, err = New(Config{Key: newKey(t), Listen: listen}, newStore(), slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, models.ErrUnavailable)
			require.ErrorContains(t, err, addr)

			n := newNode(t, Config{Listen: listen, MoveIfTaken: true}, newStore())
			require.Len(t, n.host.Addrs(), 1)
			moved := n.host.Addrs()[0]
			require.NotEqual(t, addr, moved.String())
			connect(t, newNode(t, Config{}, newStore()), n)
		})
	}
}

func TestListenRefuses(t *testing.T) {
	for _, addr := range []string{"/ip4/203.0.113.7/tcp/0", "/ip4/127.0.0.1/tcp/0/ws", "/ip4/127.0.0.1/udp/0/webrtc-direct", "/unix/x"} {
		t.Run(addr, func(t *testing.T) {
			listen, err := ParseListen([]string{addr})
			require.NoError(t, err)
			_, err = New(Config{Key: newKey(t), Listen: listen, MoveIfTaken: true}, newStore(), slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, models.ErrInvalid)
			require.ErrorContains(t, err, addr)
		})
	}
}

func TestDialOnly(t *testing.T) {
	n := newNode(t, Config{Listen: []ma.Multiaddr{}}, newStore())
	require.Empty(t, n.Addrs())
	connect(t, n, newNode(t, Config{}, newStore()))
}

func TestWithPort(t *testing.T) {
	for in, want := range map[string]string{
		"/ip4/0.0.0.0/tcp/4001":    "/ip4/0.0.0.0/tcp/7",
		"/ip6/::/udp/4001/quic-v1": "/ip6/::/udp/7/quic-v1",
	} {
		got, err := withPort(ma.StringCast(in), 7)
		require.NoError(t, err)
		require.Equal(t, want, got.String(), strconv.Quote(in))
	}
}
