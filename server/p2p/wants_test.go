package p2p

import (
	"bytes"
	"testing"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/stretchr/testify/require"
)

// Wants above what a peer has left are not looked at; all else of the message is.
func TestCurtailedMessage(t *testing.T) {
	t.Parallel()
	msg := bsmsg.New(true)
	block := newBlock(t, 3000)
	msg.AddBlock(block)
	msg.AddDontHave(newBlock(t, 8).Cid())
	for i := range 10 {
		msg.AddEntry(newBlock(t, 8).Cid(), int32(i), pb.Message_Wantlist_Have, true)
	}
	raw := encoded(t, msg.ToNetV1)
	for most, want := range map[int]int{0: 0, 4: 4, 10: 10, 11: 10} {
		b := newBounded(stream{Reader: bytes.NewReader(raw)}, func() int { return most })
		got, err := b.next()
		require.NoError(t, err)
		require.Len(t, got.Wantlist(), want)
		require.Equal(t, 10-want, b.cut)
		require.True(t, got.Full())
		require.Len(t, got.DontHaves(), 1)
		require.Equal(t, block.Cid(), got.Blocks()[0].Cid())
	}
}

// Two wantlists in a message, which the format makes one, have one allowance.
func TestCurtailedTwice(t *testing.T) {
	t.Parallel()
	list := []byte{fieldEntry<<3 | kindBytes, 0, fieldEntry<<3 | kindBytes, 0}
	out, kept, cut := curtail(list, 1)
	require.Equal(t, list[:2], out)
	require.Equal(t, 1, kept)
	require.Equal(t, 1, cut)
	broken := []byte{fieldEntry<<3 | kindBytes, 200}
	out, _, _ = curtail(broken, 0)
	require.Equal(t, broken, out, "left for the library to refuse")
	b := newBounded(stream{Reader: bytes.NewReader(append([]byte{12, tagWantlist, 4}, append(append(list, tagWantlist, 4), list...)...))}, func() int { return 3 })
	_, _ = b.next() // a want without a name is garbage
	require.Equal(t, 1, b.cut)
}
