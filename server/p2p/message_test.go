package p2p

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	mh "github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"
)

// stream is what has come of a stream.
type stream struct {
	network.Stream
	io.Reader
}

func (s stream) Read(p []byte) (int, error)      { return s.Reader.Read(p) }
func (s stream) Scope() network.StreamScope      { return &network.NullScope{} }
func (s stream) SetReadDeadline(time.Time) error { return nil }

func read(raw []byte) (bsmsg.BitSwapMessage, error) {
	return newBounded(stream{Reader: bytes.NewReader(raw)}, func() int { return maxMessage }).next()
}

// under returns the block of data with a CID of that form.
func under(t testing.TB, p cid.Prefix, data []byte) blocks.Block {
	t.Helper()
	c, err := p.Sum(data)
	require.NoError(t, err)
	b, err := blocks.NewBlockWithCid(data, c)
	require.NoError(t, err)
	return b
}

// samples are messages as peers send them.
func samples(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for _, n := range []int{0, 1, firstRead - 1, firstRead, firstRead + 1, growth * firstRead, 700_000, 2 << 20} {
		one := bsmsg.New(false)
		one.AddBlock(newBlock(t, n))
		out = append(out, encoded(t, one.ToNetV1), encoded(t, one.ToNetV0))
	}
	all := bsmsg.New(true)
	for _, p := range []cid.Prefix{
		{Version: 1, Codec: cid.Raw, MhType: mh.SHA2_256, MhLength: 32},
		{Version: 1, Codec: cid.DagProtobuf, MhType: mh.SHA2_256, MhLength: 32},
		{Version: 0, Codec: cid.DagProtobuf, MhType: mh.SHA2_256, MhLength: 32},
		{Version: 1, Codec: cid.Raw, MhType: mh.SHA2_256, MhLength: 20},
		{Version: 1, Codec: cid.Raw, MhType: mh.SHA2_512, MhLength: 64},
		{Version: 1, Codec: cid.Raw, MhType: mh.IDENTITY, MhLength: 9},
	} {
		all.AddBlock(under(t, p, []byte("some data")))
	}
	all.AddEntry(newBlock(t, 1).Cid(), 7, pb.Message_Wantlist_Have, true)
	all.Cancel(newBlock(t, 1).Cid())
	all.AddHave(newBlock(t, 1).Cid())
	all.AddDontHave(newBlock(t, 1).Cid())
	all.SetPendingBytes(1 << 20)
	return append(out, encoded(t, all.ToNetV1), encoded(t, bsmsg.New(false).ToNetV1))
}

func encoded(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, write(&out))
	return out.Bytes()
}

// What is read is what the library would have read.
func TestMessageAsTheLibrary(t *testing.T) {
	t.Parallel()
	for _, raw := range samples(t) {
		sameAsLibrary(t, raw)
	}
}

func sameAsLibrary(t testing.TB, raw []byte) {
	t.Helper()
	got, err := read(raw)
	require.NoError(t, err)
	want, _, err := bsmsg.FromNet(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, want.Full(), got.Full())
	require.Equal(t, want.PendingBytes(), got.PendingBytes())
	require.ElementsMatch(t, want.Wantlist(), got.Wantlist())
	require.ElementsMatch(t, want.BlockPresences(), got.BlockPresences())
	require.Len(t, got.Blocks(), len(want.Blocks()))
	for _, b := range want.Blocks() {
		require.Contains(t, got.Blocks(), b)
	}
}

func TestMessageRefused(t *testing.T) {
	t.Parallel()
	name := newBlock(t, 1).Cid().Prefix().Bytes()
	field := func(tag uint64, value []byte) []byte {
		return append(binary.AppendUvarint(binary.AppendUvarint(nil, tag), uint64(len(value))), value...)
	}
	endless := bytes.Repeat([]byte{0xff}, 20)
	for what, body := range map[string][]byte{
		"zeros":                         make([]byte, 100),
		"a group":                       {3<<3 | 3},
		"a tag without end":             endless,
		"a length without end":          append([]byte{tagPayload}, endless...),
		"a block longer than the rest":  {tagPayload, 100, 1},
		"bytes longer than their block": field(tagPayload, append(field(tagPrefix, name), tagData, 100, 1)),
		"a field cut off":               {5<<3 | kindVarint},
		"bytes twice":                   field(tagPayload, append(field(tagData, []byte{1}), field(tagData, []byte{2})...)),
		"a long prefix":                 field(tagPayload, field(tagPrefix, make([]byte, maxPrefix+1))),
		"no prefix":                     field(tagPayload, field(tagData, []byte{1})),
		"an unknown hash":               field(tagPayload, append(field(tagPrefix, []byte{1, 0x55, 0x7f, 32}), field(tagData, []byte{1})...)),
		"another field in a block":      field(tagPayload, field(7<<3|kindBytes, nil)),
	} {
		_, err := read(append(binary.AppendUvarint(nil, uint64(len(body))), body...))
		require.ErrorIs(t, err, errGarbage, what)
	}
	_, err := read(binary.AppendUvarint(nil, maxMessage+1))
	require.ErrorIs(t, err, errTooLong)
	_, err = read([]byte{100, tagPayload})
	require.ErrorIs(t, err, io.EOF, "cut off in the middle is no garbage")
}

// Whatever a peer sends: it is refused, or read as the library reads it.
func FuzzMessage(f *testing.F) {
	for _, raw := range samples(f) {
		if len(raw) < 1000 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := read(raw); err == nil {
			sameAsLibrary(t, raw)
		}
	})
}
