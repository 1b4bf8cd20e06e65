package p2p

import (
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
)

// hold answers as a peer that has these blocks and no others.
func hold(have ...blocks.Block) func(bsmsg.BitSwapMessage) bsmsg.BitSwapMessage {
	byCID := map[cid.Cid]blocks.Block{}
	for _, b := range have {
		byCID[b.Cid()] = b
	}
	return func(in bsmsg.BitSwapMessage) bsmsg.BitSwapMessage {
		out := bsmsg.New(false)
		for _, e := range in.Wantlist() {
			b, ok := byCID[e.Cid]
			switch {
			case e.Cancel:
			case !ok:
				out.AddDontHave(e.Cid)
			case e.WantType == pb.Message_Wantlist_Have:
				out.AddHave(e.Cid)
			default:
				out.AddBlock(b)
			}
		}
		if out.Empty() {
			return nil
		}
		return out
	}
}

// Who had one block of a release is asked for the next without a question
// before, and nobody else hears of it; who could not help is told that it is
// over.
func TestQuestGoesStraightToTheHolder(t *testing.T) {
	t.Parallel()
	root, next := newBlock(t, 100), newBlock(t, 3000)
	b := newNode(t, Config{}, newStore())
	holder, other := newRawPeer(t, hold(root, next)), newRawPeer(t, hold())
	holder.dial(b)
	other.dial(b)
	for _, want := range []blocks.Block{root, next} {
		got, err := b.Get(t.Context(), root.Cid(), want.Cid())
		require.NoError(t, err)
		require.Equal(t, want.RawData(), got)
	}
	require.True(t, holder.wasSounded(root.Cid()))
	require.False(t, holder.wasSounded(next.Cid()))
	require.False(t, other.wasSounded(next.Cid()))
	require.Eventually(t, func() bool { return other.wasCanceled(root.Cid()) }, soon, time.Millisecond)
	require.False(t, holder.wasCanceled(root.Cid()), "what was sent needs no withdrawal")
}

// A holder that has the rest but not this block, and peers that say nothing,
// hold up nobody.
func TestQuestTurnsToOthers(t *testing.T) {
	t.Parallel()
	root, next := newBlock(t, 100), newBlock(t, 3000)
	b := newNode(t, Config{}, newStore())
	half, silent := newRawPeer(t, hold(root)), newRawPeer(t, nil)
	half.dial(b)
	silent.dial(b)
	_, err := b.Get(t.Context(), root.Cid(), root.Cid())
	require.NoError(t, err)
	whole := newRawPeer(t, hold(root, next))
	whole.dial(b)
	_, err = b.Get(t.Context(), root.Cid(), next.Cid())
	require.NoError(t, err)
	require.True(t, half.wasAsked(next.Cid()))
	require.True(t, whole.wasAsked(next.Cid()))
	require.Eventually(t, func() bool { return silent.wasCanceled(next.Cid()) }, soon, time.Millisecond)
}

func TestHolders(t *testing.T) {
	t.Parallel()
	var h holders
	for _, p := range []string{"a", "b", "c"} {
		h.add(peer.ID(p))
	}
	h.begin("a")
	h.begin("a")
	h.begin("b")
	require.Equal(t, []peer.ID{"c", "b", "a"}, h.best())
	h.finish("a")
	h.finish("a")
	h.finish("a") // once too often
	h.begin("c")
	h.begin("c")
	require.Equal(t, []peer.ID{"a", "b", "c"}, h.best())
	h.remove("b")
	h.finish("b") // gone: stays gone
	require.Equal(t, []peer.ID{"a", "c"}, h.best())
	for i := range 2 * maxHolders {
		h.add(peer.ID(string(rune('d' + i))))
	}
	require.Len(t, h.best(), maxHolders)
}
