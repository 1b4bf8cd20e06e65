package p2p

import (
	"sync/atomic"
	"testing"
	"time"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// roll is a list of members that changes while nodes run.
type roll struct{ at atomic.Pointer[[]string] }

func (r *roll) list() ([]string, error) {
	if at := r.at.Load(); at != nil {
		return *at, nil
	}
	return nil, nil
}

func (r *roll) set(nodes ...*Node) {
	var out []string
	for _, n := range nodes {
		for _, a := range n.Addrs() {
			out = append(out, a.String())
		}
	}
	r.at.Store(&out)
}

// TestMembersHaveEachOthersBlocks: what goes out to nobody goes to a member; who
// merely claims to be one gets nothing.
func TestMembersHaveEachOthersBlocks(t *testing.T) {
	t.Parallel()
	closed, absent := newBlock(t, 1<<20), newBlock(t, 10)
	var ours, claimed roll
	a := newNode(t, Config{Members: ours.list}, storeWith(t, closed))
	b := newNode(t, Config{Members: ours.list, BlockTimeout: 200 * time.Millisecond}, newStore())
	c := newNode(t, Config{Members: claimed.list, BlockTimeout: 200 * time.Millisecond}, newStore())
	ours.set(a, b)
	claimed.set(a, b)
	for _, n := range []*Node{a, b, c} {
		run(t, n)
	}
	for _, n := range []*Node{b, c} {
		require.Eventually(t, isConnected(n, a), soon, time.Millisecond, "members meet by themselves")
	}
	data, err := b.Get(t.Context(), closed.Cid(), closed.Cid())
	require.NoError(t, err)
	require.Equal(t, closed.RawData(), data)
	_, err = b.Get(t.Context(), absent.Cid(), absent.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable)
	_, err = c.Get(t.Context(), closed.Cid(), closed.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable, "a stranger got a closed block")
}

// mislabelled is a block of other bytes than its name says.
func mislabelled(t *testing.T, name cid.Cid) blocks.Block {
	t.Helper()
	b, err := blocks.NewBlockWithCid([]byte("other bytes"), name)
	require.NoError(t, err)
	return b
}

// TestLyingMember sends other bytes than were asked for: they are not taken, and
// the block comes from the one that has it.
func TestLyingMember(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 3000)
	wrong := newStore()
	require.NoError(t, wrong.Put(t.Context(), mislabelled(t, block.Cid())))
	var ours roll
	liar := newNode(t, Config{Members: ours.list}, wrong)
	good := newNode(t, Config{Members: ours.list}, storeWith(t, block))
	b := newNode(t, Config{Members: ours.list, BlockTimeout: 200 * time.Millisecond}, newStore())
	ours.set(liar, b)
	run(t, b)
	require.Eventually(t, isConnected(b, liar), soon, time.Millisecond)
	_, err := b.Get(t.Context(), block.Cid(), block.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable)
	ours.set(liar, good, b)
	require.Eventually(t, isConnected(b, good), soon, time.Millisecond)
	data, err := b.Get(t.Context(), block.Cid(), block.Cid())
	require.NoError(t, err)
	require.Equal(t, block.RawData(), data)
}

// TestHungMember is asked once and then left alone for a while, so that it does
// not slow every block down.
func TestHungMember(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 3000)
	var ours roll
	hung := newNode(t, Config{Members: ours.list}, newStore())
	hung.host.SetStreamHandler(memberProtocol, func(network.Stream) {})
	holder := newNode(t, Config{Servable: newSet(block.Cid()).has}, storeWith(t, block))
	b := newNode(t, Config{Members: ours.list}, newStore())
	b.members.patience = 100 * time.Millisecond
	ours.set(hung, b)
	run(t, b)
	connect(t, b, holder)
	require.Eventually(t, isConnected(b, hung), soon, time.Millisecond)
	_, err := b.Get(t.Context(), block.Cid(), block.Cid())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.members.rests(hung.ID()) }, soon, time.Millisecond)
}
