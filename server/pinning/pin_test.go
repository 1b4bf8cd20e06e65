package pinning

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

func TestPinThenAlone(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 4)
	b.connect(t, a)

	blocks, bytes := 0, int64(0)
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, func(n int, size int64) {
		require.Equal(t, blocks+1, n)
		require.Greater(t, size, bytes)
		blocks, bytes = n, size
	}))
	require.Equal(t, len(set.Blocks), blocks)
	require.NoError(t, a.peers.Close())
	b.requireHolds(t, set)
	require.Equal(t, bytes, b.state(t, set.Root).Bytes)

	c := newNode(t, nil)
	c.connect(t, b)
	require.NoError(t, c.keeper.Pin(t.Context(), set.Root, nil))
	c.requireHolds(t, set)
}

// TestPinnedIsListed: the entry of what is held is that of its manifest, and
// goes with the pin.
func TestPinnedIsListed(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 1)
	b := newNode(t, source(a, &counting{}))
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	r, err := b.catalog.Release(t.Context(), set.Manifest.ID)
	require.NoError(t, err)
	want := set.Manifest.Release()
	require.Equal(t, []any{want.ChannelID, "A channel", "A film", set.Root, set.Bytes, want.Duration, "x/poster.jpg", 360},
		[]any{r.ChannelID, r.ChannelName, r.Title, r.Manifest, r.Bytes, r.Duration, r.Poster, r.Height})
	require.True(t, r.Listed())
	list, err := b.catalog.Renditions(t.Context(), r.ID)
	require.NoError(t, err)
	require.Equal(t, set.Manifest.Models(), list)
	require.NoError(t, b.keeper.Unpin(t.Context(), set.Root))
	_, err = b.catalog.Release(t.Context(), r.ID)
	require.ErrorIs(t, err, models.ErrNotFound)
}

// TestRefusedBeforeItsFiles: what the node will not keep is refused before more
// than its manifest was fetched.
func TestRefusedBeforeItsFiles(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 4)
	for name, prepare := range map[string]func(t *testing.T, b *node) (code string){
		"release_id_taken": func(t *testing.T, b *node) string {
			owner, _, _, err := b.catalog.CreateAccount(t.Context(), "ann", models.RoleCreator, "")
			require.NoError(t, err)
			_, err = b.catalog.CreateUpload(t.Context(), models.Upload{AccountID: owner.ID, Length: 1}, models.Release{ID: set.Manifest.ID})
			require.NoError(t, err)
			return "release_id_taken"
		},
		"storage_limit": func(t *testing.T, b *node) string {
			small, err := catalog.Open(t.Context(), catalog.Config{URL: filepath.Join(b.dir, "runnel.db"), Secret: [32]byte{1}, MaxStorage: set.Bytes / 2}, logger(t))
			require.NoError(t, err)
			t.Cleanup(func() { small.Close() })
			b.keeper.deps.Records = small
			return catalog.CodeStorageLimit
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := &counting{}
			b := newNode(t, source(a, g))
			want := prepare(t, b)
			require.Error(t, b.keeper.Pin(t.Context(), set.Root, nil))
			pin := b.state(t, set.Root)
			require.Equal(t, models.PinFailed, pin.State)
			require.Contains(t, pin.Failure, want)
			require.LessOrEqual(t, g.count.Load(), int64(3), "root, manifest and signature are enough")
			require.Less(t, pin.Bytes, int64(10_000))
		})
	}
}

func TestPinAgainReadsNothing(t *testing.T) {
	t.Parallel()
	a := newNode(t, func(_ *Config, d *Deps) {
		d.Source = func(cid.Cid) blockset.Getter { panic("a held pin was fetched") }
	})
	set := a.publish(t, 1)
	told := 0
	require.NoError(t, a.keeper.Pin(t.Context(), set.Root, func(n int, _ int64) { told = n }))
	require.Equal(t, len(set.Blocks), told)
	pin, err := a.keeper.PinAsync(t.Context(), set.Root)
	require.NoError(t, err)
	require.Equal(t, models.PinHeld, pin.State)
}

func TestMissingBlock(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 3)
	missing := leaf(t, set)
	data, err := a.store.Get(t.Context(), missing)
	require.NoError(t, err)
	require.NoError(t, a.store.Delete(t.Context(), missing))
	b.connect(t, a)

	err = b.keeper.Pin(t.Context(), set.Root, nil)
	require.ErrorIs(t, err, models.ErrUnavailable)
	pin := b.state(t, set.Root)
	require.Equal(t, models.PinFailed, pin.State)
	require.Contains(t, pin.Failure, "pin_unavailable")
	servable, err := b.catalog.BlockServable(t.Context(), set.Root)
	require.NoError(t, err)
	require.False(t, servable, "half a release goes out")

	require.NoError(t, a.store.Put(t.Context(), models.Block{CID: missing, Data: data}))
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	b.requireHolds(t, set)
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 1)
	require.ErrorIs(t, b.keeper.Pin(t.Context(), set.Root, nil), models.ErrUnavailable)
	require.Equal(t, models.PinFailed, b.state(t, set.Root).State)
}

func TestNotARelease(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	folder := unixfs.EmptyDirNode()
	folder.SetCidBuilder(cid.V1Builder{Codec: cid.DagProtobuf, MhType: 0x12})
	root := folder.Cid()
	require.NoError(t, a.store.Put(t.Context(), models.Block{CID: root, Data: folder.RawData()}))
	_, err := a.catalog.PutPin(t.Context(), root)
	require.NoError(t, err)
	require.NoError(t, a.catalog.PinHeld(t.Context(), root, []cid.Cid{root}, 1))
	b.connect(t, a)
	require.ErrorIs(t, b.keeper.Pin(t.Context(), root, nil), models.ErrCorrupt)
	require.Equal(t, models.PinFailed, b.state(t, root).State)

	for name, c := range map[string]cid.Cid{"undefined": cid.Undef, "a leaf": cid.NewCidV1(cid.Raw, root.Hash()), "CIDv0": cid.NewCidV0(root.Hash())} {
		t.Run(name, func(t *testing.T) {
			_, err := b.keeper.PinAsync(t.Context(), c)
			require.ErrorIs(t, err, models.ErrInvalid)
		})
	}
}

// counting counts what is fetched.
type counting struct {
	blockset.Getter
	count atomic.Int64
	each  func(ctx context.Context, c cid.Cid, n int64) error
}

func (g *counting) Get(ctx context.Context, c cid.Cid) ([]byte, error) {
	n := g.count.Add(1)
	if g.each != nil {
		if err := g.each(ctx, c, n); err != nil {
			return nil, err
		}
	}
	return g.Getter.Get(ctx, c)
}

// source makes a node's keeper fetch from a's store through g.
func source(a *node, g *counting) func(*Config, *Deps) {
	g.Getter = a.store
	return func(_ *Config, d *Deps) { d.Source = func(cid.Cid) blockset.Getter { return g } }
}

func TestFetchesManyAtOnce(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 9)
	const enough = 8
	media := map[cid.Cid]bool{}
	for _, f := range set.Files {
		for _, c := range f.Blocks[:len(f.Blocks)-1] { // the leaves of files of several blocks
			media[c] = true
		}
	}
	together := make(chan struct{})
	var waiting atomic.Int64
	g := &counting{each: func(ctx context.Context, c cid.Cid, _ int64) error {
		if !media[c] {
			return nil
		}
		if waiting.Add(1) == enough {
			close(together)
		}
		select {
		case <-together:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	b := newNode(t, source(a, g))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	require.NoError(t, b.keeper.Pin(ctx, set.Root, nil))
	require.EqualValues(t, len(set.Blocks), g.count.Load(), "blocks were fetched more than once")
}

func TestCancelledPinResumes(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 9)
	ctx, cancel := context.WithCancel(t.Context())
	first := &counting{each: func(_ context.Context, _ cid.Cid, n int64) error {
		if n == int64(len(set.Blocks))*3/4 {
			cancel()
		}
		return nil
	}}
	b := newNode(t, source(a, first))
	require.ErrorIs(t, b.keeper.Pin(ctx, set.Root, nil), context.Canceled)
	require.Equal(t, models.PinFetching, b.state(t, set.Root).State)

	// What has arrived is recorded: the collector leaves it, however old.
	_, err := b.store.Collect(t.Context(), b.catalog.LiveBlocks, 0)
	require.NoError(t, err)
	kept := stored(t, b)
	require.Greater(t, kept, len(set.Blocks)/4)

	second := &counting{}
	b.keeper = b.newKeeper(t, source(a, second)) // as after a crash
	run(t, b.keeper)
	require.Eventually(t, func() bool { return b.state(t, set.Root).State == models.PinHeld }, soon, time.Millisecond)
	b.requireHolds(t, set)
	require.EqualValues(t, len(set.Blocks)-kept, second.count.Load(), "fetched what was here")
}

func run(t *testing.T, k *Keeper) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestPinAsync(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, nil), newNode(t, nil)
	set := a.publish(t, 2)
	b.connect(t, a)
	run(t, b.keeper)
	pin, err := b.keeper.PinAsync(t.Context(), set.Root)
	require.NoError(t, err)
	require.Equal(t, models.PinAsked, pin.Reason)
	require.Eventually(t, func() bool { return b.state(t, set.Root).State == models.PinHeld }, soon, time.Millisecond)
	b.requireHolds(t, set)
	all, err := b.keeper.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// TestOwnComesBack restores a catalogue without its media: what was published
// here is fetched from a peer that is met only after it was given up once.
func TestOwnComesBack(t *testing.T) {
	t.Parallel()
	peer, before := newNode(t, nil), newNode(t, nil)
	set := peer.publish(t, 3)
	own := write(t, before.store, 3)
	require.Equal(t, set.Root, own.Root)
	require.NoError(t, before.catalog.HoldOwn(t.Context(), own.Root, own.Blocks, own.Bytes))
	var text bytes.Buffer
	require.NoError(t, before.catalog.Export(t.Context(), &text))

	after := newNode(t, func(c *Config, _ *Deps) { c.Attempts, c.Retry, c.Poll = 1, 20*time.Millisecond, 20*time.Millisecond })
	counts, err := after.catalog.Import(t.Context(), &text, after.store.Has)
	require.NoError(t, err)
	require.Equal(t, 1, counts.Missing)
	require.ErrorIs(t, after.keeper.work(t.Context(), set.Root, nil), models.ErrUnavailable)
	require.Equal(t, models.PinFailed, after.state(t, set.Root).State)
	run(t, after.keeper)
	after.connect(t, peer)
	require.Eventually(t, func() bool { return after.state(t, set.Root).State == models.PinHeld }, soon, 10*time.Millisecond)
	_, err = blockset.Verify(t.Context(), after.store, set.Root, nil)
	require.NoError(t, err)
	require.Equal(t, models.PinOwn, after.state(t, set.Root).Reason)
}

func TestTwoAskForOne(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 4)
	g := &counting{}
	b := newNode(t, source(a, g))
	var group errgroup.Group
	for range 4 {
		group.Go(func() error { return b.keeper.Pin(t.Context(), set.Root, nil) })
	}
	require.NoError(t, group.Wait())
	require.EqualValues(t, len(set.Blocks), g.count.Load())
}

func TestUnpinStopsFetch(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 4)
	reached, goOn := make(chan struct{}), make(chan struct{})
	g := &counting{each: func(_ context.Context, _ cid.Cid, n int64) error {
		if n == 10 {
			close(reached)
		}
		if n >= 10 {
			<-goOn
		}
		return nil
	}}
	b := newNode(t, source(a, g))
	failed := make(chan error, 1)
	go func() { failed <- b.keeper.Pin(t.Context(), set.Root, nil) }()
	<-reached
	pin := b.state(t, set.Root)
	require.Equal(t, models.PinFetching, pin.State)
	require.Positive(t, pin.Blocks, "no live progress")
	gone := make(chan error, 1)
	go func() { gone <- b.keeper.Unpin(t.Context(), set.Root) }()
	require.Eventually(t, func() bool { return cancelled(b.keeper, set.Root) }, soon, time.Millisecond)
	close(goOn)
	require.NoError(t, <-gone)
	require.ErrorIs(t, <-failed, models.ErrNotFound)
	_, err := b.keeper.State(t.Context(), set.Root)
	require.ErrorIs(t, err, models.ErrNotFound)
	require.ErrorIs(t, b.keeper.Unpin(t.Context(), set.Root), models.ErrNotFound)

	swept, err := b.store.Collect(t.Context(), b.catalog.LiveBlocks, 0)
	require.NoError(t, err)
	require.Positive(t, swept.Blocks)
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	b.requireHolds(t, set)
}

// cancelled reports whether the work on root was told to stop.
func cancelled(k *Keeper, root cid.Cid) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	j := k.jobs[root]
	return j != nil && j.stopped
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 4)
	for name, limit := range map[string]int64{"claimed": set.Bytes / 2, "at once": 10} {
		t.Run(name, func(t *testing.T) {
			g := &counting{}
			b := newNode(t, func(c *Config, d *Deps) { source(a, g)(c, d); c.MaxBytes = limit })
			require.ErrorIs(t, b.keeper.Pin(t.Context(), set.Root, nil), models.ErrTooLarge)
			pin := b.state(t, set.Root)
			require.Contains(t, pin.Failure, "pin_too_large")
			require.LessOrEqual(t, pin.Bytes, limit)
		})
	}
}

type fullStore struct{ Store }

func (fullStore) Put(context.Context, ...models.Block) error {
	return models.NewFault(models.ErrUnavailable, "disk_full", "The disk is full.")
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 1)
	b := newNode(t, func(c *Config, d *Deps) { source(a, &counting{})(c, d); d.Store = fullStore{d.Store} })
	require.ErrorIs(t, b.keeper.Pin(t.Context(), set.Root, nil), models.ErrUnavailable)
	require.Contains(t, b.state(t, set.Root).Failure, "disk_full")
}

func TestDamagedBlockHere(t *testing.T) {
	t.Parallel()
	a := newNode(t, nil)
	set := a.publish(t, 2)
	b := newNode(t, source(a, &counting{}))
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	require.NoError(t, b.keeper.Unpin(t.Context(), set.Root))
	damage(t, b, leaf(t, set))
	_, err := b.store.Get(t.Context(), leaf(t, set))
	require.ErrorIs(t, err, models.ErrCorrupt)
	require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
	b.requireHolds(t, set)
}

func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := New(Config{}, Deps{})
	require.ErrorIs(t, err, models.ErrInvalid)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"pin_signature":     blockset.ErrSigner,
		"pin_not_a_release": blockset.ErrShape,
		"pin_unavailable":   errors.Join(blockset.ErrMissingBlock, models.ErrNotFound),
		"pin_damaged":       blockset.ErrSegment,
		"pin_node":          errors.New("database is locked"),
		"disk_full":         models.NewFault(models.ErrUnavailable, "disk_full", "The disk is full."),
	} {
		require.Equal(t, want, faultOf(err).Code)
	}
}
