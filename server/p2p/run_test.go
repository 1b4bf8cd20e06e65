package p2p

import (
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
)

func quick(cfg Config) Config {
	cfg.RetryMin, cfg.RetryMax = 5*time.Millisecond, 50*time.Millisecond
	return cfg
}

func TestStartsWithoutPeers(t *testing.T) {
	t.Parallel()
	gone := newNode(t, Config{}, newStore())
	absent := addrInfo(gone)
	require.NoError(t, gone.Close())

	block := newBlock(t, 100)
	b := newNode(t, quick(Config{Bootstrap: []peer.AddrInfo{absent}, Servable: newSet(block.Cid()).has}), storeWith(t, block))
	run(t, b)
	// It serves others meanwhile.
	c := newNode(t, Config{}, newStore())
	connect(t, c, b)
	_, err := c.Get(t.Context(), block.Cid(), block.Cid())
	require.NoError(t, err)
}

func TestReconnects(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	block := newBlock(t, 100)
	start := func(addr ma.Multiaddr) *Node {
		return newNode(t, Config{Key: key, Listen: []ma.Multiaddr{addr}, Servable: newSet(block.Cid()).has}, storeWith(t, block))
	}
	a := start(loopback()[0])
	at := addrInfo(a)
	require.NoError(t, a.Close()) // the port is known, nobody is there

	b := newNode(t, quick(Config{Bootstrap: []peer.AddrInfo{at}}), newStore())
	run(t, b)
	for range 2 { // comes up later; goes and comes back
		a = start(at.Addrs[0])
		require.Eventually(t, isConnected(b, a), soon, time.Millisecond)
		require.True(t, b.Peers()[0].Kept)
		_, err := b.Get(t.Context(), block.Cid(), block.Cid())
		require.NoError(t, err)
		require.NoError(t, a.Close())
		require.Eventually(t, func() bool { return !b.connected(a.ID()) }, soon, time.Millisecond)
	}
}

func TestIgnoresItselfAsBootstrap(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	n := newNode(t, quick(Config{Key: key, Bootstrap: []peer.AddrInfo{{ID: id, Addrs: loopback()}}}), newStore())
	run(t, n)
	require.Empty(t, n.Peers())
}

func TestRunEndsWithClose(t *testing.T) {
	t.Parallel()
	n := newNode(t, Config{}, newStore())
	done := make(chan error, 1)
	go func() { done <- n.Run(t.Context()) }()
	require.NoError(t, n.Close())
	require.NoError(t, <-done)
}
