package pinning

import (
	"bufio"
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	blockformat "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
)

// forged claims to be the block of a CID and holds other bytes.
type forged struct {
	blockformat.Block
	name cid.Cid
}

func (f forged) Cid() cid.Cid { return f.name }

// liar is a peer that has every block, all of them wrong.
type liar struct {
	host host.Host
	lies atomic.Int64
}

func newLiar(t *testing.T, n *node) *liar {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics())
	require.NoError(t, err)
	t.Cleanup(func() { h.Close() })
	l := &liar{host: h}
	h.SetStreamHandler(bsnet.ProtocolBitswap, l.answer)
	to, err := peer.AddrInfoFromP2pAddr(n.peers.Addrs()[0])
	require.NoError(t, err)
	require.NoError(t, h.Connect(t.Context(), *to))
	return l
}

func (l *liar) answer(s network.Stream) {
	defer s.Close()
	in := bufio.NewReader(s)
	for {
		msg, _, err := bsmsg.FromNet(in)
		if err != nil {
			return
		}
		out := bsmsg.New(false)
		for _, e := range msg.Wantlist() {
			switch {
			case e.Cancel:
			case e.WantType == pb.Message_Wantlist_Have:
				out.AddHave(e.Cid)
			default:
				l.lies.Add(1)
				out.AddBlock(forged{blockformat.NewBlock([]byte("not " + e.Cid.String())), e.Cid})
			}
		}
		if out.Empty() {
			continue
		}
		reply, err := l.host.NewStream(context.Background(), s.Conn().RemotePeer(), bsnet.ProtocolBitswap)
		if err != nil {
			return
		}
		_ = out.ToNetV1(reply) // the other side may be gone
		reply.Close()
	}
}

func TestLiarAlone(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 1)
	l := newLiar(t, b)
	require.ErrorIs(t, b.keeper.Pin(t.Context(), set.Root, nil), models.ErrUnavailable)
	require.Positive(t, l.lies.Load(), "the liar was not asked")
	require.Zero(t, stored(t, b), "something was stored")
}

func TestLiarBesideHonest(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 4)
	newLiar(t, b)
	b.connect(t, a)
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	b.requireHolds(t, set)
	require.Equal(t, len(set.Blocks), stored(t, b))
}

// A source that breaks its promise is caught too.
func TestLyingSource(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 1)
	b := newNode(t, func(_ *Config, d *Deps) {
		d.Source = func(cid.Cid) blockset.Getter {
			return getter(func(ctx context.Context, c cid.Cid) ([]byte, error) {
				data, err := a.store.Get(ctx, c)
				if c == leaf(t, set) {
					data = bytes.Clone(data)
					data[0] ^= 1
				}
				return data, err
			})
		}
	})
	require.ErrorIs(t, b.keeper.Pin(t.Context(), set.Root, nil), models.ErrCorrupt)
	pin := b.state(t, set.Root)
	require.Equal(t, models.PinFailed, pin.State)
	require.Contains(t, pin.Failure, "pin_damaged")
	has, err := b.store.Has(t.Context(), leaf(t, set))
	require.NoError(t, err)
	require.False(t, has)
}

// stored counts the blocks in a node's store.
func stored(t *testing.T, n *node) (count int) {
	t.Helper()
	for _, err := range n.store.Keys(t.Context()) {
		require.NoError(t, err)
		count++
	}
	return count
}

// damage flips a bit in the file of a block.
func damage(t *testing.T, n *node, c cid.Cid) {
	t.Helper()
	data, err := n.store.Get(t.Context(), c)
	require.NoError(t, err)
	found := false
	require.NoError(t, filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".db") {
			return err
		}
		have, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(have, data) {
			return err
		}
		found = true
		have[0] ^= 1
		require.NoError(t, os.Chmod(path, 0o644))
		return os.WriteFile(path, have, 0o644)
	}))
	require.True(t, found)
}
