package p2p

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// rootSet is what a node may announce, changeable while it runs.
type rootSet struct {
	set
	mu    sync.Mutex
	order []cid.Cid
}

func newRoots(roots ...cid.Cid) *rootSet {
	r := &rootSet{set: *newSet()}
	r.tell(true, roots...)
	return r
}

func (r *rootSet) tell(yes bool, roots ...cid.Cid) {
	r.change(yes, roots...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.order = append(r.order, roots...)
}

func (r *rootSet) RootAnnounced(ctx context.Context, root cid.Cid) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.order { // by multihash
		if slices.Equal(known.Hash(), root.Hash()) {
			return r.has(ctx, known), nil
		}
	}
	return false, nil
}

func (r *rootSet) AnnouncedRoots(ctx context.Context, cursor int64, limit int) (page []cid.Cid, next int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := int(cursor); i < len(r.order); i++ {
		if len(page) == limit {
			return page, int64(i), nil
		}
		if r.has(ctx, r.order[i]) {
			page = append(page, r.order[i])
		}
	}
	return page, 0, nil
}

// meet runs all nodes, the first as the bootstrap peer of the others.
func meet(t *testing.T, cfgs []Config, stores ...[]blocks.Block) []*Node {
	t.Helper()
	nodes := make([]*Node, len(cfgs))
	for i, cfg := range cfgs {
		if i > 0 {
			cfg.Bootstrap = []peer.AddrInfo{addrInfo(nodes[i-1])}
		}
		var held []blocks.Block
		if i < len(stores) {
			held = stores[i]
		}
		nodes[i] = newNode(t, quick(cfg), storeWith(t, held...))
		run(t, nodes[i])
	}
	return nodes
}

// providers asks the DHT, from n's place, who holds a root.
func providers(t *testing.T, n *Node, root cid.Cid) []peer.ID {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	var out []peer.ID
	for p := range n.dht.FindProvidersAsync(ctx, root, 0) {
		out = append(out, p.ID)
	}
	return out
}

func isProvided(t *testing.T, n *Node, root cid.Cid, by *Node) func() bool {
	return func() bool { return slices.Contains(providers(t, n, root), by.ID()) }
}

// A release is found through a node that has none of it: C knows B, B knows A.
func TestFoundInDHT(t *testing.T) {
	t.Parallel()
	root, block := newBlock(t, 100), newBlock(t, 3000)
	open := newSet(root.Cid(), block.Cid())
	nodes := meet(t, []Config{{Servable: open.has, Roots: newRoots(root.Cid())}, {}, {}}, []blocks.Block{root, block})
	a, b, c := nodes[0], nodes[1], nodes[2]
	require.Eventually(t, isProvided(t, b, root.Cid(), a), soon, 10*time.Millisecond)
	require.Empty(t, providers(t, b, block.Cid()), "only roots are announced")
	require.Eventually(t, isConnected(c, b), soon, time.Millisecond)
	require.NoError(t, c.host.Network().ClosePeer(a.ID())) // the DHT may have brought them together
	for _, want := range []blocks.Block{root, block} {
		got, err := c.Get(t.Context(), root.Cid(), want.Cid())
		require.NoError(t, err)
		require.Equal(t, want.RawData(), got)
	}
	require.True(t, c.connected(a.ID()))
}

// A node that knows nobody but the DHT's nodes of earlier says so at once.
func TestNobodyHasIt(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 100)
	alone := newNode(t, Config{}, newStore())
	_, err := alone.Get(t.Context(), block.Cid(), block.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.ErrorContains(t, err, "no peer is connected")
}

func TestAnnouncementFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	first, second, secret := newBlock(t, 100).Cid(), newBlock(t, 100).Cid(), newBlock(t, 100).Cid()
	roots := newRoots(first)
	roots.tell(false, second, secret)
	nodes := meet(t, []Config{{Roots: roots}, {}})
	a, b := nodes[0], nodes[1]
	require.Eventually(t, isProvided(t, b, first, a), soon, 10*time.Millisecond)

	roots.tell(true, second)
	require.NoError(t, a.Announce(t.Context(), second))
	require.NoError(t, a.Announce(t.Context(), secret))
	require.Eventually(t, isProvided(t, b, second, a), soon, 10*time.Millisecond)
	require.Empty(t, providers(t, b, secret))
	require.Eventually(t, func() bool { return a.announcer.state().stats.Schedule.Keys == 2 }, soon, 10*time.Millisecond)

	roots.tell(false, second)
	require.NoError(t, a.Announce(t.Context(), second))
	require.Eventually(t, func() bool { return a.announcer.state().stats.Schedule.Keys == 1 }, soon, 10*time.Millisecond)
	// One that another process hid is left out at the moment of telling, and
	// weeded out with the next count.
	roots.tell(false, first)
	keys, err := a.announcer.keys.Get(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.NoError(t, a.announcer.recount(t.Context()))
	require.Eventually(t, func() bool { return a.announcer.state().stats.Schedule.Keys == 0 }, soon, 10*time.Millisecond)
}

// What is announced is known after a restart, and what came or went meanwhile
// too.
func TestAnnouncementsSurviveRestart(t *testing.T) {
	t.Parallel()
	store := strict{newDatastore()}
	key := newKey(t)
	stays, goes, comes := newBlock(t, 100).Cid(), newBlock(t, 100).Cid(), newBlock(t, 100).Cid()
	roots := newRoots(stays, goes)
	b := newNode(t, Config{}, newStore())
	for i := range 2 {
		a := newNode(t, Config{Key: key, Store: store, Roots: roots}, newStore())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		connect(t, a, b)
		if i == 0 {
			require.Eventually(t, isProvided(t, b, goes, a), soon, 10*time.Millisecond)
		} else {
			require.Eventually(t, isProvided(t, b, comes, a), soon, 10*time.Millisecond)
		}
		require.Eventually(t, func() bool { return a.announcer.state().stats.Schedule.Keys == 2 }, soon, 10*time.Millisecond)
		stop()
		require.NoError(t, <-done)
		require.NoError(t, a.Close())
		killed, err := store.Has(t.Context(), datastore.NewKey("/announce"+running))
		require.NoError(t, err)
		require.False(t, killed, "an orderly end looks like a kill")
		roots.tell(false, goes)
		roots.tell(true, comes)
	}
}

// With more releases than one page, and nodes that come one after the other.
func TestManyRoots(t *testing.T) {
	t.Parallel()
	var all []cid.Cid
	for range rootsPage + 200 {
		all = append(all, newBlock(t, 40).Cid())
	}
	nodes := meet(t, []Config{{Roots: newRoots(all...)}, {}, {}})
	for _, root := range []cid.Cid{all[0], all[rootsPage-1], all[rootsPage], all[len(all)-1]} {
		require.Eventually(t, isProvided(t, nodes[2], root, nodes[0]), soon, 20*time.Millisecond, "root %s", root)
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var l lag
	for i, step := range []struct {
		online  bool
		pending int64
		keys    int64
		at      int
		behind  time.Duration
	}{
		{true, 5, 5, 0, 0},                  // begins to count now
		{true, 3, 5, 10, 10 * time.Second},  // some are still due
		{true, 0, 5, 20, 0},                 // all made
		{true, 1, 5, 21, time.Second},       // due again
		{true, 0, 5, 22, 0},                 //
		{false, 0, 5, 52, 30 * time.Second}, // cannot be made at all
		{false, 0, 0, 60, 0},                // there are none
		{true, 0, 5, 61, 0},
	} {
		l.look(at(step.at), statsOf(step.online, step.pending, step.keys))
		require.Equal(t, step.behind, l.behind, fmt.Sprint("step ", i))
	}
}
