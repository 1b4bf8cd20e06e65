package p2p

import (
	"context"
	"crypto/sha1"
	"slices"
	"testing"
	"time"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	mh "github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

func TestGetFromPeer(t *testing.T) {
	t.Parallel()
	for i, transport := range []string{"tcp", "quic"} {
		t.Run(transport, func(t *testing.T) {
			root, big := newBlock(t, 100), newBlock(t, 1<<20)
			a := newNode(t, Config{Listen: loopback()[i : i+1], Servable: newSet(root.Cid(), big.Cid()).has}, storeWith(t, root, big))
			store := newStore()
			b := newNode(t, Config{}, store)
			connect(t, b, a)
			for _, want := range []blocks.Block{root, big} {
				got, err := b.Get(t.Context(), root.Cid(), want.Cid())
				require.NoError(t, err)
				require.Equal(t, want.RawData(), got)
				kept, err := store.Has(t.Context(), want.Cid())
				require.NoError(t, err)
				require.False(t, kept, "a fetched block was stored")
			}
		})
	}
}

func TestGetManyAtOnce(t *testing.T) {
	t.Parallel()
	var all []blocks.Block
	servable := newSet()
	for range 48 {
		b := newBlock(t, 128<<10)
		all = append(all, b)
		servable.change(true, b.Cid())
	}
	a := newNode(t, Config{Servable: servable.has}, storeWith(t, all...))
	b := newNode(t, Config{}, newStore())
	connect(t, b, a)
	group, ctx := errgroup.WithContext(t.Context())
	for _, want := range all {
		group.Go(func() error {
			_, err := b.Get(ctx, all[0].Cid(), want.Cid())
			return err
		})
	}
	require.NoError(t, group.Wait())
}

func TestGetRefuses(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 10)
	sum := sha1.Sum(block.RawData())
	weak, err := mh.Encode(sum[:], mh.SHA1)
	require.NoError(t, err)
	inline, err := mh.Sum([]byte("hello"), mh.IDENTITY, -1)
	require.NoError(t, err)
	n := newNode(t, Config{}, newStore())
	other := newNode(t, Config{}, newStore())

	cases := map[string]struct {
		c    cid.Cid
		want error
	}{
		"undefined":    {cid.Undef, models.ErrInvalid},
		"sha1":         {cid.NewCidV1(cid.Raw, weak), models.ErrInvalid},
		"identity":     {cid.NewCidV1(cid.Raw, inline), models.ErrInvalid},
		"nobody there": {block.Cid(), models.ErrUnavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := n.Get(t.Context(), c.c, c.c)
			require.ErrorIs(t, err, c.want)
		})
	}

	connect(t, n, other)
	t.Run("caller leaves", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := n.Get(ctx, block.Cid(), block.Cid())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("closed in mid-flight", func(t *testing.T) {
		block := newBlock(t, 10)
		failed := make(chan error, 1)
		go func() {
			_, err := n.Get(t.Context(), block.Cid(), block.Cid())
			failed <- err
		}()
		require.Eventually(t, func() bool { return slices.Contains(n.swap.GetWantlist(), block.Cid()) }, soon, time.Millisecond)
		require.NoError(t, n.Close())
		require.ErrorIs(t, <-failed, models.ErrUnavailable)
	})
	t.Run("closed", func(t *testing.T) {
		_, err := n.Get(t.Context(), block.Cid(), block.Cid())
		require.ErrorIs(t, err, models.ErrUnavailable)
	})
}

func TestGetTimesOut(t *testing.T) {
	t.Parallel()
	block := newBlock(t, 10)
	n := newNode(t, Config{BlockTimeout: 30 * time.Millisecond}, newStore())
	connect(t, n, newNode(t, Config{}, newStore()))
	_, err := n.Get(t.Context(), block.Cid(), block.Cid())
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.ErrorContains(t, err, "in time")
}

func TestLeft(t *testing.T) {
	t.Parallel()
	const limit = 10 * time.Second
	n := &Node{cfg: Config{BlockTimeout: limit}, sessions: testSessions(1)}
	start := time.Now()
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	cases := map[string]struct {
		heard, deserted, now float64
		want                 time.Duration
	}{
		"nothing ever":               {-1, -1, 10, 0},
		"a block of the same root":   {6, -1, 10, 6 * time.Second},
		"silent since":               {6, -1, 16, 0},
		"others come, this does not": {149, -1, 150, 0},
		"near the end of patience":   {148, -1, 148, 2 * time.Second},
		"just deserted":              {6, 7, 8, linger - time.Second},
		"deserted":                   {6, 1, 6, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, f := &session{}, &flight{callers: 1}
			s.heard.Store(at(c.heard).UnixNano())
			if c.deserted >= 0 {
				f.callers, f.deserted = 0, at(c.deserted)
			}
			require.InDelta(t, c.want, n.left(s, f, start, at(c.now)), float64(time.Millisecond))
		})
	}
}

// A caller that leaves must not take the block away from one that comes.
func TestLeaveAndComeBack(t *testing.T) {
	t.Parallel()
	var all []blocks.Block
	for range 20 {
		all = append(all, newBlock(t, 3000))
	}
	servable := newSet()
	a := newNode(t, Config{Servable: servable.has}, storeWith(t, all...))
	b := newNode(t, Config{}, newStore())
	connect(t, b, a)
	for _, block := range all {
		servable.change(true, block.Cid())
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.Get(gone, all[0].Cid(), block.Cid())
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		for range 2 {
			got, err := b.Get(t.Context(), all[0].Cid(), block.Cid())
			require.NoError(t, err)
			require.Equal(t, block.RawData(), got)
		}
	}
}

// A block that could not be had is asked for anew.
func TestAskAgainAfterTimeout(t *testing.T) {
	t.Parallel()
	servable := newSet()
	root := newBlock(t, 10).Cid()
	b := newNode(t, Config{}, newStore())
	store := newStore()
	connect(t, b, newNode(t, Config{Servable: servable.has}, store))
	for range 5 {
		block := newBlock(t, 3000)
		require.NoError(t, store.Put(t.Context(), block))
		b.cfg.BlockTimeout = 100 * time.Millisecond // must pass in vain
		_, err := b.Get(t.Context(), root, block.Cid())
		require.ErrorIs(t, err, models.ErrUnavailable)
		b.cfg.BlockTimeout = soon // must not pass
		servable.change(true, block.Cid())
		_, err = b.Get(t.Context(), root, block.Cid())
		require.NoError(t, err, "the failure was remembered")
	}
}
