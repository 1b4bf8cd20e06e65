package p2p

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
)

// A node that was stopped finds its peers again with no bootstrap peer.
func TestMeetsAgain(t *testing.T) {
	t.Parallel()
	cfg := quick(Config{Key: newKey(t), Store: newDatastore()})
	other, caller := newNode(t, Config{}, newStore()), newNode(t, Config{}, newStore())
	first := newNode(t, cfg, newStore())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- first.Run(ctx) }()
	connect(t, first, other)
	connect(t, caller, first) // comes in: where it can be dialled is not known to work
	stop()
	require.NoError(t, <-done)
	require.NoError(t, first.Close())

	again := newNode(t, cfg, newStore())
	known, err := again.remembered(t.Context())
	require.NoError(t, err)
	require.Len(t, known, 1)
	run(t, again)
	require.Eventually(t, isConnected(again, other), soon, time.Millisecond)
}

func TestRemembersFew(t *testing.T) {
	t.Parallel()
	n := newNode(t, Config{}, newStore())
	start := time.Now()
	for i := range maxRemembered + 5 {
		id, err := peer.IDFromPrivateKey(newKey(t))
		require.NoError(t, err)
		row := fmt.Sprintf(`{"addrs":["/ip4/127.0.0.1/tcp/%d","nonsense"],"seen":%q}`, i+1, start.Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339))
		require.NoError(t, n.store.Put(t.Context(), peerKey(id), []byte(row)))
	}
	require.NoError(t, n.store.Put(t.Context(), peerKey("nobody"), []byte("{}")))
	require.NoError(t, n.remember(t.Context(), start))
	known, err := n.remembered(t.Context())
	require.NoError(t, err)
	require.Len(t, known, maxRemembered)
	require.Equal(t, []ma.Multiaddr{ma.StringCast(fmt.Sprint("/ip4/127.0.0.1/tcp/", maxRemembered+5))}, known[0].info.Addrs, "the latest first")
	require.False(t, known[maxRemembered-1].seen.Before(known[0].seen.Add(-maxRemembered*time.Second)), "the oldest went")
}

// A neighbour may send this node to the local network and nowhere else.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	keep := []ma.Multiaddr{ma.StringCast("/ip4/192.168.1.2/tcp/1"), ma.StringCast("/ip6/fe80::1/udp/1/quic-v1"), ma.StringCast("/ip4/10.1.1.1/tcp/1")}
	drop := []ma.Multiaddr{ma.StringCast("/ip4/8.8.8.8/tcp/1"), ma.StringCast("/dns4/localhost/tcp/1"), ma.StringCast("/ip4/127.0.0.1/tcp/1"), ma.StringCast("/ip6/::1/tcp/1")}
	require.Equal(t, keep, near(append(keep[:3:3], drop...)))

	n, other := newNode(t, Config{}, newStore()), newNode(t, Config{}, newStore())
	hear := met{n: n, ctx: t.Context(), slots: make(chan struct{}, 1)}
	hear.HandlePeerFound(addrInfo(other))
	require.False(t, n.connected(other.ID()))
	n.neighbours(t.Context()) // on loopback alone: returns at once
}
