package p2p

import (
	"net"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestGlobal(t *testing.T) {
	t.Parallel()
	r := newReach(true, nil)
	for addr, want := range map[string]bool{
		"/ip4/8.8.8.8/tcp/1":                       true,
		"/ip4/100.63.255.255/tcp/1":                true,
		"/ip4/172.32.0.1/udp/1/quic-v1":            true,
		"/ip6/2606:4700::1111/tcp/1":               true,
		"/ip6/64:ff9b::808:808/tcp/1":              true,
		"/ip4/0.0.0.0/tcp/1":                       false,
		"/ip4/10.1.2.3/tcp/1":                      false,
		"/ip4/100.64.0.1/tcp/1":                    false,
		"/ip4/127.0.0.1/tcp/1":                     false,
		"/ip4/169.254.169.254/tcp/80":              false,
		"/ip4/172.16.0.1/tcp/1":                    false,
		"/ip4/192.0.0.1/tcp/1":                     false,
		"/ip4/192.0.2.1/tcp/1":                     false,
		"/ip4/192.168.1.1/tcp/1":                   false,
		"/ip4/198.18.0.1/tcp/1":                    false,
		"/ip4/198.51.100.1/tcp/1":                  false,
		"/ip4/203.0.113.1/tcp/1":                   false,
		"/ip4/224.0.0.1/tcp/1":                     false,
		"/ip4/255.255.255.255/tcp/1":               false,
		"/ip6/::/tcp/1":                            false,
		"/ip6/::1/tcp/1":                           false,
		"/ip6/::ffff:10.0.0.1/tcp/1":               false,
		"/ip6/64:ff9b::a00:1/tcp/1":                false, // 10.0.0.1 behind NAT64
		"/ip6/64:ff9b:1::1/tcp/1":                  false,
		"/ip6/100::1/tcp/1":                        false,
		"/ip6/2001::1/tcp/1":                       false, // Teredo
		"/ip6/2001:db8::1/tcp/1":                   false,
		"/ip6/2002:a00:1::/tcp/1":                  false, // 6to4 of 10.0.0.1
		"/ip6/3fff::1/tcp/1":                       false,
		"/ip6/fc00::1/tcp/1":                       false,
		"/ip6/fe80::1/tcp/1":                       false,
		"/ip6/ff02::1/tcp/1":                       false,
		"/dns4/example.org/tcp/1":                  false,
		"/dnsaddr/example.org":                     false,
		"/ip6zone/eth0/ip6/fe80::1/tcp/1":          false,
		"/ip6zone/eth0/ip6/2606:4700::1111/tcp/80": true,
	} {
		require.Equal(t, want, r.global(ma.StringCast(addr)), addr)
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	public, private, name := ma.StringCast("/ip4/8.8.8.8/tcp/1"), ma.StringCast("/ip4/10.0.0.1/tcp/1"), ma.StringCast("/dns4/example.org/tcp/1")
	all := []ma.Multiaddr{public, private, name}
	require.Equal(t, []ma.Multiaddr{public}, newReach(true, nil).told(all))
	require.Equal(t, []ma.Multiaddr{public, private}, newReach(false, nil).told(all))
}

func TestListensPublicly(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"/ip4/127.0.0.1/tcp/1": false, "/ip4/192.168.7.7/tcp/1": false, "/ip4/8.8.8.8/tcp/1": true, "/ip6/2606:4700::1111/udp/1/quic-v1": true, "/ip6/::1/tcp/1": false,
	} {
		require.Equal(t, want, ListensPublicly([]ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/2"), ma.StringCast(addr)}), addr)
	}
	require.False(t, ListensPublicly(nil))
}

// trap listens where nobody may come.
func trap(t *testing.T, at string) (addr ma.Multiaddr, sprung func() bool) {
	t.Helper()
	l, err := net.Listen("tcp4", at)
	require.NoError(t, err)
	came := make(chan struct{}, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
			select {
			case came <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() { l.Close() })
	addr, err = manet.FromNetAddr(l.Addr())
	require.NoError(t, err)
	return addr, func() bool { return len(came) > 0 }
}

// A peer that names addresses of this node's own network, in the DHT or by any
// other way, does not make a public node knock there; nor does the node tell its
// own.
func TestPublicNodeDoesNotKnockAtHome(t *testing.T) {
	t.Parallel()
	root := newBlock(t, 100).Cid()
	public := newNode(t, quick(Config{Public: true}), newStore())
	require.Empty(t, public.Addrs(), "a loopback address is told")
	listens := public.host.Network().ListenAddresses()

	liar := newNode(t, Config{Listen: loopback()[:1], Roots: newRoots(root)}, newStore())
	run(t, liar)
	require.NoError(t, liar.connect(t.Context(), peer.AddrInfo{ID: public.ID(), Addrs: listens}))
	stored := func() bool {
		held, err := public.dht.ProviderStore().GetProviders(t.Context(), root.Hash())
		return err == nil && len(held) == 1 && held[0].ID == liar.ID()
	}
	require.Eventually(t, stored, soon, 10*time.Millisecond)
	at, err := manet.ToNetAddr(liar.host.Addrs()[0])
	require.NoError(t, err)
	require.NoError(t, liar.Close())
	require.Eventually(t, func() bool { return !public.connected(liar.ID()) }, soon, time.Millisecond)
	trapped, sprung := trap(t, at.String())

	require.Empty(t, public.finder.find(t.Context(), root, func(peer.ID) {}))
	id := addrInfo(newNode(t, Config{}, newStore())).ID
	err = public.connect(t.Context(), peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{trapped, ma.StringCast("/ip4/10.255.0.1/tcp/9")}})
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.False(t, sprung(), "a private address was dialled")
	require.GreaterOrEqual(t, public.reach.barred.Load(), uint64(2))
}

// The operator's word counts more than the range.
func TestPublicNodeDialsItsBootstrap(t *testing.T) {
	t.Parallel()
	a := newNode(t, Config{}, newStore())
	b := newNode(t, quick(Config{Public: true, Bootstrap: []peer.AddrInfo{addrInfo(a)}}), newStore())
	run(t, b)
	require.Eventually(t, isConnected(b, a), soon, time.Millisecond)
}

// Names that peers spread are not looked up.
func TestStrangersNamesAreNotResolved(t *testing.T) {
	t.Parallel()
	own := ma.StringCast("/dns4/localhost/tcp/1")
	n := newNames([]peer.AddrInfo{{Addrs: []ma.Multiaddr{own}}})
	found, err := n.ResolveDNSComponent(t.Context(), own, 10)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	n.dns = nil // a question would panic
	for _, strange := range []string{"/dns4/example.org/tcp/1", "/dns6/localhost/tcp/1"} {
		found, err = n.ResolveDNSComponent(t.Context(), ma.StringCast(strange), 10)
		require.NoError(t, err)
		require.Empty(t, found)
	}
	found, err = n.ResolveDNSAddr(t.Context(), "", ma.StringCast("/dnsaddr/example.org"), 10, 10)
	require.NoError(t, err)
	require.Empty(t, found)
}
