package p2p

import (
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// forged claims to be the block of a CID and holds other bytes.
type forged struct {
	blocks.Block
	name cid.Cid
}

func (f forged) Cid() cid.Cid { return f.name }

// lie claims every block, and sends other bytes for each that is wanted.
func lie(t *testing.T) func(bsmsg.BitSwapMessage) bsmsg.BitSwapMessage {
	return func(in bsmsg.BitSwapMessage) bsmsg.BitSwapMessage {
		out := bsmsg.New(false)
		for _, e := range in.Wantlist() {
			switch {
			case e.Cancel:
			case e.WantType == pb.Message_Wantlist_Have:
				out.AddHave(e.Cid)
			default:
				out.AddBlock(forged{Block: newBlock(t, 3000), name: e.Cid})
			}
		}
		if out.Empty() {
			return nil
		}
		return out
	}
}

func TestLiarAlone(t *testing.T) {
	t.Parallel()
	wanted := newBlock(t, 3000)
	b := newNode(t, Config{BlockTimeout: time.Second}, newStore())
	liar := newRawPeer(t, lie(t))
	liar.dial(b)
	_, err := b.Get(t.Context(), wanted.Cid(), wanted.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.True(t, liar.wasAsked(wanted.Cid()), "the liar was not asked, so nothing was shown")
}

func TestLiarBesideHonest(t *testing.T) {
	t.Parallel()
	servable := newSet()
	var wanted []blocks.Block
	for range 20 {
		b := newBlock(t, 3000)
		wanted = append(wanted, b)
		servable.change(true, b.Cid())
	}
	b := newNode(t, Config{}, newStore())
	liar := newRawPeer(t, lie(t))
	liar.dial(b)
	connect(t, b, newNode(t, Config{Servable: servable.has}, storeWith(t, wanted...)))
	for _, want := range wanted {
		got, err := b.Get(t.Context(), wanted[0].Cid(), want.Cid())
		require.NoError(t, err)
		require.Equal(t, want.RawData(), got)
	}
}

// Unasked blocks are dropped, whatever they are.
func TestUnwantedBlocks(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 3000)
	store := newStore()
	b := newNode(t, Config{}, store)
	p := newRawPeer(t, nil)
	p.dial(b)
	msg := bsmsg.New(false)
	msg.AddBlock(block)
	require.NoError(t, p.send(t.Context(), b.ID(), msg))
	require.Eventually(t, func() bool {
		stat, err := b.swap.Stat()
		return err == nil && stat.BlocksReceived == 1
	}, soon, time.Millisecond)
	has, err := store.Has(t.Context(), block.Cid())
	require.NoError(t, err)
	require.False(t, has)
}

// A block is taken under the name that was made from its bytes.
func TestVerified(t *testing.T) {
	t.Parallel()
	a, b := newBlock(t, 3000), newBlock(t, 3000)
	data, err := verified(a.Cid(), a)
	require.NoError(t, err)
	require.Equal(t, a.RawData(), data)
	_, err = verified(a.Cid(), b)
	require.ErrorIs(t, err, models.ErrCorrupt)
}
