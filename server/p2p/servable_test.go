package p2p

import (
	"testing"
	"time"

	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestOnlyServableGoesOut(t *testing.T) {
	t.Parallel()
	open, closed, absent := newBlock(t, 3000), newBlock(t, 3000), newBlock(t, 3000)
	a := newNode(t, Config{Servable: newSet(open.Cid()).has}, storeWith(t, open, closed))

	for name, kind := range map[string]pb.Message_Wantlist_WantType{
		"want-block": pb.Message_Wantlist_Block,
		"want-have":  pb.Message_Wantlist_Have,
	} {
		t.Run(name, func(t *testing.T) {
			p := newRawPeer(t, nil)
			p.dial(a)
			p.want(a, kind, open.Cid(), closed.Cid(), absent.Cid())
			require.Eventually(t, func() bool {
				bs, haves, donts := p.got()
				return len(bs)+len(haves)+len(donts) == 3
			}, soon, time.Millisecond)
			bs, haves, donts := p.got()
			require.ElementsMatch(t, donts, append(donts[:0:0], closed.Cid(), absent.Cid()),
				"a block that may not go out must look like one that is not there")
			if kind == pb.Message_Wantlist_Block {
				require.Empty(t, haves)
				require.Equal(t, open.RawData(), bs[0].RawData())
			} else {
				require.Empty(t, bs)
				require.Equal(t, open.Cid(), haves[0])
			}
		})
	}

	t.Run("node", func(t *testing.T) {
		b := newNode(t, Config{BlockTimeout: 200 * time.Millisecond}, newStore())
		connect(t, b, a)
		_, err := b.Get(t.Context(), open.Cid(), closed.Cid())
		require.ErrorIs(t, err, models.ErrUnavailable)
		b.cfg.BlockTimeout = soon
		_, err = b.Get(t.Context(), open.Cid(), open.Cid())
		require.NoError(t, err)
	})
}

func TestServableChanges(t *testing.T) {
	t.Parallel()
	root, block := newBlock(t, 100), newBlock(t, 3000)
	servable := newSet()
	a := newNode(t, Config{Servable: servable.has}, storeWith(t, root, block))
	b := newNode(t, Config{BlockTimeout: 200 * time.Millisecond}, newStore())
	connect(t, b, a)
	get := func() error { _, err := b.Get(t.Context(), root.Cid(), block.Cid()); return err }

	require.ErrorIs(t, get(), models.ErrUnavailable)
	b.cfg.BlockTimeout = soon
	servable.change(true, block.Cid())
	require.NoError(t, get())
	servable.change(false, block.Cid())
	p := newRawPeer(t, nil)
	p.dial(a)
	p.want(a, pb.Message_Wantlist_Block, block.Cid())
	require.Eventually(t, func() bool { _, _, donts := p.got(); return len(donts) == 1 }, soon, time.Millisecond)
	bs, haves, _ := p.got()
	require.Empty(t, bs)
	require.Empty(t, haves)
}

// A want that was taken while the block was servable must not be answered
// after it was taken down, however long it waited.
func TestTakenDownWhileQueued(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 3000)
	servable := newSet(block.Cid())
	g := &gate{store: storeWith(t, block), servable: servable.has}
	n, err := g.GetSize(t.Context(), block.Cid())
	require.NoError(t, err)
	require.Equal(t, 3000, n)
	servable.change(false, block.Cid())
	_, err = g.Get(t.Context(), block.Cid())
	require.Error(t, err)
}

func TestOfferAnswersEarlyWants(t *testing.T) {
	t.Parallel()
	early, other := newBlock(t, 3000), newBlock(t, 3000)
	servable := newSet()
	store := newStore()
	a := newNode(t, Config{Servable: servable.has}, store)
	p := newRawPeer(t, nil)
	p.dial(a)
	p.want(a, pb.Message_Wantlist_Block, early.Cid())
	require.Eventually(t, func() bool { _, _, donts := p.got(); return len(donts) == 1 }, soon, time.Millisecond)

	require.NoError(t, store.Put(t.Context(), early))
	require.NoError(t, store.Put(t.Context(), other))
	require.NoError(t, a.Offer(t.Context(), append(a.swap.GetWantlist(), other.Cid(), early.Cid())))
	servable.change(true, early.Cid(), other.Cid())
	require.NoError(t, a.Offer(t.Context(), append(a.swap.GetWantlist(), other.Cid(), early.Cid())))

	require.Eventually(t, func() bool { bs, _, _ := p.got(); return len(bs) == 1 }, soon, time.Millisecond)
	bs, _, _ := p.got()
	require.Equal(t, early.Cid(), bs[0].Cid())
}

func TestGateDoesNotWrite(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 10)
	g := &gate{store: newStore(), servable: newSet().has}
	require.ErrorIs(t, g.Put(t.Context(), block), models.ErrInvalid)
	require.ErrorIs(t, g.PutMany(t.Context(), nil), models.ErrInvalid)
	require.ErrorIs(t, g.DeleteBlock(t.Context(), block.Cid()), models.ErrInvalid)
	_, err := g.AllKeysChan(t.Context())
	require.ErrorIs(t, err, models.ErrInvalid)
}
