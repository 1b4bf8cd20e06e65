package pinning

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/big"
	mrand "math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/server/blocks"
	"runnel/server/p2p"
)

const soon = 30 * time.Second

// node is what a pin needs of a whole node, all of it real.
type node struct {
	dir     string
	store   *blocks.Store
	catalog *catalog.Catalog
	peers   *p2p.Node
	keeper  *Keeper
}

func logger(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// newNode starts a node that fetches from its peers. change may set other
// parts of the keeper.
func newNode(t *testing.T, change func(*Config, *Deps)) *node {
	t.Helper()
	dir := t.TempDir()
	n := &node{dir: dir}
	var err error
	n.store, err = blocks.Open(filepath.Join(dir, "blocks"), logger(t))
	require.NoError(t, err)
	t.Cleanup(func() { n.store.Close() })
	n.catalog, err = catalog.Open(t.Context(), catalog.Config{URL: filepath.Join(dir, "runnel.db"), Secret: [32]byte{1}}, logger(t))
	require.NoError(t, err)
	t.Cleanup(func() { n.catalog.Close() })
	n.peers = n.connectable(t)
	n.keeper = n.newKeeper(t, change)
	return n
}

func (n *node) connectable(t *testing.T) *p2p.Node {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	peers, err := p2p.New(p2p.Config{
		Key:          key,
		Listen:       []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/0")},
		BlockTimeout: 2 * time.Second,
		Servable: func(ctx context.Context, c cid.Cid) bool {
			ok, err := n.catalog.BlockServable(ctx, c)
			return err == nil && ok
		},
	}, n.store.Blockstore(), logger(t))
	require.NoError(t, err)
	t.Cleanup(func() { peers.Close() })
	return peers
}

func (n *node) newKeeper(t *testing.T, change func(*Config, *Deps)) *Keeper {
	t.Helper()
	cfg := Config{Attempts: 2, Pause: time.Millisecond}
	deps := Deps{Records: n.catalog, Source: n.fromPeers, Store: n.store, Log: logger(t)}
	if change != nil {
		change(&cfg, &deps)
	}
	k, err := New(cfg, deps)
	require.NoError(t, err)
	return k
}

type getter func(context.Context, cid.Cid) ([]byte, error)

func (g getter) Get(ctx context.Context, c cid.Cid) ([]byte, error) { return g(ctx, c) }

func (n *node) fromPeers(root cid.Cid) blockset.Getter {
	return getter(func(ctx context.Context, c cid.Cid) ([]byte, error) { return n.peers.Get(ctx, root, c) })
}

func (n *node) connect(t *testing.T, other *node) {
	t.Helper()
	require.NoError(t, n.peers.Connect(t.Context(), other.peers.Addrs()[0]))
}

// publish writes a release into the node's store and lets it go out.
func (n *node) publish(t *testing.T, segments int) blockset.Set {
	t.Helper()
	set := write(t, n.store, segments)
	_, err := n.catalog.PutPin(t.Context(), set.Root)
	require.NoError(t, err)
	require.NoError(t, n.catalog.PinHeld(t.Context(), set.Root, set.Blocks, set.Bytes))
	return set
}

func (n *node) state(t *testing.T, root cid.Cid) models.Pin {
	t.Helper()
	pin, err := n.keeper.State(t.Context(), root)
	require.NoError(t, err)
	return pin
}

// requireHolds checks that the node has the whole release and lets it go out.
func (n *node) requireHolds(t *testing.T, set blockset.Set) {
	t.Helper()
	_, err := blockset.Verify(t.Context(), n.store, set.Root, nil)
	require.NoError(t, err)
	pin := n.state(t, set.Root)
	require.Equal(t, models.PinHeld, pin.State)
	require.Equal(t, len(set.Blocks), pin.Blocks)
	require.Empty(t, pin.Failure)
	for _, c := range set.Blocks {
		ok, err := n.catalog.BlockServable(t.Context(), c)
		require.NoError(t, err)
		require.True(t, ok, c)
	}
}

// noise is the same bytes for the same seed.
func noise(seed, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], uint64(seed))
	out := make([]byte, n)
	_, _ = mrand.NewChaCha8(key).Read(out)
	return out
}

// write makes a release of one rendition whose segments have two leaves each.
func write(t *testing.T, p blockset.Putter, segments int) blockset.Set {
	t.Helper()
	var list strings.Builder
	list.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\"\n")
	files := map[string][]byte{
		"master.m3u8":       []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/360p24/index.m3u8\n"),
		"v/360p24/init.mp4": noise(1, 700),
		"x/poster.jpg":      noise(2, 900),
	}
	for i := range segments {
		name := fmt.Sprintf("%02d/%05d.m4s", i/256, i)
		fmt.Fprintf(&list, "#EXTINF:4.000000,\n%s\n", name)
		files["v/360p24/"+name] = noise(100+i, 1<<20+5000)
	}
	list.WriteString("#EXT-X-ENDLIST\n")
	files["v/360p24/index.m3u8"] = []byte(list.String())
	rel := blockset.Release{
		Release: models.Release{
			ID: "3kabcdefghijk", ChannelName: "A channel", Kind: models.KindVideo, Title: "A film", Rev: 1,
			Duration: 4 * time.Second * time.Duration(segments), Poster: "x/poster.jpg", CreatedAt: time.Unix(1700000000, 0),
		},
		SourceSHA256: sha256.Sum256(nil), SourceBytes: 1, Encoder: "ffmpeg", Profile: "standard-1",
		Renditions: []models.Rendition{{ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360,
			FrameRate: big.NewRat(24, 1), Cap: 1_000_000, Bandwidth: 900_000, AverageBandwidth: 800_000, Duration: 12 * time.Second}},
	}
	for path, data := range files {
		f, err := blockset.AddFile(t.Context(), p, path, bytes.NewReader(data))
		require.NoError(t, err)
		rel.Files = append(rel.Files, f)
	}
	key, _, err := crypto.GenerateEd25519Key(bytes.NewReader(noise(3, 64)))
	require.NoError(t, err)
	set, err := blockset.Write(t.Context(), p, key, rel)
	require.NoError(t, err)
	return set
}

// leaf returns a media block of the release.
func leaf(t *testing.T, set blockset.Set) cid.Cid {
	t.Helper()
	for _, f := range set.Files {
		if strings.HasSuffix(f.Path, "00000.m4s") {
			return f.Blocks[0]
		}
	}
	t.Fatal("no segment")
	return cid.Undef
}
