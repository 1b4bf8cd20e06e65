package p2p

import (
	"fmt"
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
)

// clock is a time that a test moves.
type clock struct {
	c  *conduct
	at time.Time
}

func newClock(c *conduct) *clock {
	k := &clock{c: c, at: time.Unix(1000, 0)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = func() time.Time { return k.at }
	return k
}

func (k *clock) pass(d time.Duration) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	k.at = k.at.Add(d)
}

func TestBanGrowsAndIsForgiven(t *testing.T) {
	t.Parallel()
	c := newConduct(nil)
	k := newClock(c)
	require.True(t, c.lets("p"))
	for ban := banFirst; ban < 4*banFirst; ban *= 2 {
		c.blame("p")
		require.True(t, c.lets("q"))
		k.pass(ban - ban/20) // some of the faults before is forgiven
		require.False(t, c.lets("p"))
		k.pass(ban / 20)
		require.True(t, c.lets("p"))
	}
	for range 100 {
		c.blame("p")
	}
	k.pass(banMost)
	require.True(t, c.lets("p"))
	k.pass(20 * forgiven)
	c.blame("p")
	k.pass(banFirst + time.Second)
	require.True(t, c.lets("p"), "what was long ago no longer counts")
}

func TestAddressIsSlowedAndNotShut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		foe          string
		same, others []string
	}{
		"IPv4":   {"/ip4/192.0.2.1/tcp/1", []string{"/ip4/192.0.2.1/tcp/2", "/ip6/::ffff:192.0.2.1/tcp/1", "/ip4/192.0.2.1/udp/1/quic-v1"}, []string{"/ip4/192.0.2.2/tcp/1"}},
		"IPv6":   {"/ip6/2001:db8::1/tcp/1", []string{"/ip6/2001:db8::ffff/tcp/1"}, []string{"/ip6/2001:db8:0:1::1/tcp/1"}},
		"a name": {"/dns4/example.org/tcp/1", nil, []string{"/dns4/example.org/tcp/1"}},
	} {
		c := newConduct(nil)
		k := newClock(c)
		for range 3 {
			c.suspect(ma.StringCast(tc.foe))
		}
		for _, a := range tc.others {
			require.True(t, c.admits(ma.StringCast(a)), "%s: %s", name, a)
		}
		for _, a := range tc.same {
			require.False(t, c.admits(ma.StringCast(a)), "%s: %s", name, a)
			k.pass(4 * slowFirst)
			require.True(t, c.admits(ma.StringCast(a)), "%s: one at a time", name)
		}
		k.pass(20 * forgiven)
		for _, a := range tc.same {
			require.True(t, c.admits(ma.StringCast(a)), "%s: forgiven", name)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	c := newConduct(nil)
	k := newClock(c)
	for i := range maxFaults + 100 {
		k.pass(time.Millisecond)
		c.blame(peer.ID(fmt.Sprint(i)))
		c.suspect(ma.StringCast(fmt.Sprintf("/ip4/10.%d.%d.1/tcp/1", i/256, i%256)))
	}
	require.Len(t, c.peers, maxFaults)
	require.Len(t, c.places, maxFaults)
	require.False(t, c.lets(peer.ID(fmt.Sprint(maxFaults+99))), "the latest is remembered")
}

// Who lied is not let in again before its time, while others from its address
// stay and are served, and others come.
func TestLiarIsKeptAway(t *testing.T) {
	wanted, own := newBlock(t, 3000), newBlock(t, 3000)
	b := newNode(t, Config{Servable: newSet(own.Cid()).has, BlockTimeout: time.Second, Listen: loopback()[:1]}, storeWith(t, own))
	k := newClock(b.reach.conduct)
	neighbour := newRawPeer(t, nil)
	neighbour.dial(b)
	liar := newRawPeer(t, lie(t))
	liar.dial(b)
	_, err := b.Get(t.Context(), wanted.Cid(), wanted.Cid())
	require.Error(t, err)
	require.Eventually(t, func() bool {
		return !b.connected(liar.host.ID()) && liar.host.Network().Connectedness(b.ID()) != network.Connected
	}, soon, time.Millisecond)

	again := network.WithForceDirectDial(t.Context(), "test") // the dialler's own back-off does not apply
	_ = liar.host.Connect(again, addrInfo(b))                 // may see it only later
	require.Eventually(t, func() bool { return b.reach.conduct.slowed.Load() > 0 }, soon, time.Millisecond)
	k.pass(slowFirst)
	_ = liar.host.Connect(again, addrInfo(b))
	require.Eventually(t, func() bool { return b.reach.conduct.banned.Load() > 0 }, soon, time.Millisecond)
	require.False(t, b.connected(liar.host.ID()))
	require.Error(t, b.connect(t.Context(), peer.AddrInfo{ID: liar.host.ID(), Addrs: liar.host.Addrs()}), "it is not dialled either")

	neighbour.want(b, pb.Message_Wantlist_Block, own.Cid())
	require.Eventually(t, func() bool { got, _, _ := neighbour.got(); return len(got) == 1 }, soon, time.Millisecond)
	connect(t, newNode(t, Config{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.2/tcp/0")}}, newStore()), b)
	k.pass(banFirst)
	require.NoError(t, liar.host.Connect(again, addrInfo(b)))
	require.Eventually(t, func() bool { return b.connected(liar.host.ID()) }, soon, time.Millisecond)
}

// A peer that goes on asking for what it does not get is kept away.
func TestFloodOfWants(t *testing.T) {
	a := newNode(t, Config{Listen: loopback()[:1]}, newStore())
	foe := newRawPeer(t, nil)
	foe.dial(a)
	msg := bsmsg.New(false)
	for i := range wantBurst + flood/2 {
		msg.AddEntry(newBlock(t, 8).Cid(), int32(i), pb.Message_Wantlist_Have, true)
	}
	require.Eventually(t, func() bool {
		_ = foe.send(t.Context(), a.ID(), msg)
		return a.counts.floods.Load() > 0
	}, soon, time.Millisecond)
	require.Eventually(t, func() bool { return !a.connected(foe.host.ID()) }, soon, time.Millisecond)
	require.False(t, a.reach.conduct.lets(foe.host.ID()))
	require.Greater(t, a.quota.wants.Load(), uint64(flood))
}
