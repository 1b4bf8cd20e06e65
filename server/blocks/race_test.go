package blocks

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// shelf is the part of a catalogue that this test needs: which releases there
// are and which blocks they hold.
type shelf struct {
	mu       sync.Mutex
	releases map[int][]models.Block
}

func (h *shelf) live(_ context.Context, asked []cid.Cid) (map[cid.Cid]bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := map[cid.Cid]bool{}
	for _, bs := range h.releases {
		for _, b := range bs {
			held[b.CID] = true
		}
	}
	out := map[cid.Cid]bool{}
	for _, c := range asked {
		out[c] = held[c]
	}
	return out, nil
}

func (h *shelf) set(n int, bs []models.Block) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if bs == nil {
		delete(h.releases, n)
		return
	}
	h.releases[n] = bs
}

// RELIABILITY D9: releases that share blocks come and go while two stores on
// one folder collect. Grace is an hour, and now and then an hour passes, between
// publications and not within a collection: every file is made old.
func TestCollectNeverEatsLiveBlocks(t *testing.T) {
	const rounds = 200
	dir := t.TempDir()
	s, other := open(t, dir), open(t, dir)
	pool := someBlocks(60, 300)
	h := &shelf{releases: map[int][]models.Block{}}
	var clock sync.RWMutex // whoever holds it for writing lets an hour pass
	ctx, stop := context.WithCancel(t.Context())
	var background, publishers sync.WaitGroup
	for _, store := range []*Store{s, other} {
		background.Go(func() { collectForever(t, ctx, store, h, &clock) })
	}
	for p := range 4 {
		publishers.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(p)))
			for round := range rounds / 4 {
				publishOne(t, s, h, &clock, p, pick(r, pool))
				if round%3 == 0 {
					h.set(p, nil)
				}
			}
		})
	}
	publishers.Wait()
	stop()
	background.Wait()
	h.mustHold(t, s)

	age(t, s)
	if _, err := s.Collect(t.Context(), h.live, time.Hour); err != nil {
		t.Fatal(err)
	}
	want := map[cid.Cid]bool{}
	for _, bs := range h.releases {
		for _, b := range bs {
			want[b.CID] = true
		}
	}
	h.mustHold(t, s)
	n := 0
	for range s.Keys(t.Context()) {
		n++
	}
	if n != len(want) {
		t.Errorf("%d blocks on disk, %d live", n, len(want))
	}
}

func pick(r *rand.Rand, pool []models.Block) []models.Block {
	var out []models.Block
	for _, i := range r.Perm(len(pool))[:6] {
		out = append(out, pool[i])
	}
	return out
}

func publishOne(t *testing.T, s *Store, h *shelf, clock *sync.RWMutex, n int, bs []models.Block) {
	clock.RLock()
	defer clock.RUnlock()
	if err := s.Put(context.Background(), bs...); err != nil {
		t.Errorf("put: %v", err)
		return
	}
	h.set(n, bs)
	for _, b := range bs {
		if _, err := s.Get(context.Background(), b.CID); err != nil {
			t.Errorf("a live block: %v", err)
		}
	}
}

func collectForever(t *testing.T, ctx context.Context, s *Store, h *shelf, clock *sync.RWMutex) {
	for ctx.Err() == nil {
		clock.RLock()
		_, err := s.Collect(ctx, h.live, time.Hour)
		clock.RUnlock()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("collect: %v", err)
		}
		clock.Lock()
		age(t, s)
		clock.Unlock()
	}
}

func age(t *testing.T, s *Store) {
	old := time.Now().Add(-2 * time.Hour)
	for c, err := range s.Keys(context.Background()) {
		if err != nil {
			t.Error(err)
			return
		}
		k, _ := keyOf(c)
		if err := os.Chtimes(s.path(k), old, old); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}

func (h *shelf) mustHold(t *testing.T, s *Store) {
	t.Helper()
	for n, bs := range h.releases {
		for _, b := range bs {
			if _, err := s.Get(context.Background(), b.CID); err != nil {
				t.Errorf("release %d: %v", n, err)
			}
		}
	}
}
