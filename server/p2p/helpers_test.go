package p2p

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/boxo/blockstore"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	mh "github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"
)

// soon bounds how long a test waits for what must happen.
const soon = 20 * time.Second

// set is the answer to Servable, changeable while nodes run.
type set struct {
	mu sync.Mutex
	in map[cid.Cid]bool
}

func newSet(cids ...cid.Cid) *set {
	s := &set{in: map[cid.Cid]bool{}}
	s.change(true, cids...)
	return s
}

func (s *set) change(servable bool, cids ...cid.Cid) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cids {
		s.in[c] = servable
	}
}

func (s *set) has(_ context.Context, c cid.Cid) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in[c]
}

func newKey(t testing.TB) crypto.PrivKey {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	return key
}

func loopback() []ma.Multiaddr {
	return []ma.Multiaddr{
		ma.StringCast("/ip4/127.0.0.1/tcp/0"),
		ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1"),
	}
}

func newDatastore() datastore.Batching { return dssync.MutexWrap(datastore.NewMapDatastore()) }

// strict is a datastore that looks at contexts, as one on disk does.
type strict struct{ datastore.Batching }

func (s strict) Put(ctx context.Context, key datastore.Key, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Batching.Put(ctx, key, value)
}

func (s strict) Query(ctx context.Context, q query.Query) (query.Results, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Batching.Query(ctx, q)
}

func newStore() blockstore.Blockstore { return blockstore.NewBlockstore(newDatastore()) }

// newNode starts a node on loopback that ends with the test.
func newNode(t testing.TB, cfg Config, store blockstore.Blockstore) *Node {
	t.Helper()
	if cfg.Key == nil {
		cfg.Key = newKey(t)
	}
	if cfg.Listen == nil {
		cfg.Listen = loopback()
	}
	n, err := New(cfg, store, slog.New(slog.NewTextHandler(t.Output(), nil)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// run runs n until the test ends and checks that Run returns.
func run(t *testing.T, n *Node) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func connect(t testing.TB, from, to *Node) {
	t.Helper()
	require.NoError(t, from.Connect(t.Context(), to.Addrs()[0]))
}

func isConnected(a, b *Node) func() bool {
	return func() bool { return a.connected(b.ID()) }
}

// newBlock returns a raw block of n random bytes.
func newBlock(t testing.TB, n int) blocks.Block {
	t.Helper()
	data := make([]byte, n)
	_, _ = rand.Read(data)
	c, err := cid.Prefix{Version: 1, Codec: cid.Raw, MhType: mh.SHA2_256, MhLength: -1}.Sum(data)
	require.NoError(t, err)
	b, err := blocks.NewBlockWithCid(data, c)
	require.NoError(t, err)
	return b
}

func storeWith(t testing.TB, bs ...blocks.Block) blockstore.Blockstore {
	t.Helper()
	store := newStore()
	require.NoError(t, store.PutMany(t.Context(), bs))
	return store
}

func addrInfo(n *Node) peer.AddrInfo {
	return peer.AddrInfo{ID: n.ID(), Addrs: n.host.Addrs()}
}
