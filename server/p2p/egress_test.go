package p2p

import (
	"context"
	"fmt"
	"testing"
	"time"

	blocks "github.com/ipfs/go-block-format"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// hand is a clock that a test moves, and the bucket that goes by it.
type hand struct {
	*egress
	at time.Time
}

func newHand(limit int64) *hand {
	h := &hand{at: time.Unix(1000, 0)}
	h.egress = newEgress(limit, func() time.Time { return h.at })
	return h
}

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
	h.serve()
}

func isOpen(t *turn) bool {
	select {
	case <-t.goes:
		return false
	default:
		return true
	}
}

// Whatever the messages' sizes, no stretch of time sees more than the limit, the
// bucket and one message.
func TestEgressHolds(t *testing.T) {
	const limit, messages = 1_000_000, 200
	h := newHand(limit)
	var turns []*turn
	for i := range messages {
		turns = append(turns, h.queue(peer.ID(fmt.Sprint(i%7)), 1000+(i*37_137)%1_000_000))
	}
	begin, sent := h.at, 0
	for len(turns) > 0 {
		var left []*turn
		for _, one := range turns {
			if isOpen(one) {
				left = append(left, one)
			} else {
				sent += one.size
			}
		}
		turns = left
		allowed := float64(limit)*h.at.Sub(begin).Seconds() + h.burst + 1_001_000
		require.LessOrEqual(t, float64(sent), allowed)
		require.GreaterOrEqual(t, float64(sent), min(allowed-h.burst-1_001_000, float64(sent)), "slower than it may")
		h.pass(37 * time.Millisecond)
	}
	took := h.at.Sub(begin).Seconds()
	require.InEpsilon(t, float64(sent)/limit, took, 0.02, "the limit is used up")
	held, waiting := h.waited()
	require.Positive(t, held)
	require.Zero(t, waiting)
}

// Who asks for ten times as much gets no more while others wait.
func TestEgressIsFair(t *testing.T) {
	h := newHand(100_000)
	h.queue("first", 1_000_000) // all later ones wait
	var greedy, modest []*turn
	for range 50 {
		greedy = append(greedy, h.queue("greedy", 10_000))
	}
	for range 5 {
		modest = append(modest, h.queue("modest", 10_000))
	}
	for isOpen(modest[4]) {
		h.pass(50 * time.Millisecond)
	}
	gone := 0
	for _, one := range greedy {
		if !isOpen(one) {
			gone++
		}
	}
	require.InDelta(t, 5, gone, 1)
}

func TestEgressLeave(t *testing.T) {
	h := newHand(1000)
	h.queue("a", 1_000_000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.wait(ctx, "a", 10), context.Canceled)
	stays := h.queue("a", 10)
	require.ErrorIs(t, h.wait(ctx, "b", 10), context.Canceled)
	_, waiting := h.waited()
	require.Equal(t, 1, waiting)
	h.pass(time.Hour)
	require.False(t, isOpen(stays))
}

func TestEgressUnlimited(t *testing.T) {
	require.NoError(t, newEgress(0, time.Now).wait(t.Context(), "a", 1<<40))
}

// Two nodes fetch from one that may send 2 MB a second: it can take longer than
// the limit makes it, never less.
func TestEgressOfANode(t *testing.T) {
	t.Parallel()
	const limit, size, each = 2_000_000, 200_000, 10
	var all []blocks.Block
	open := newSet()
	for range 2 * each {
		b := newBlock(t, size)
		all = append(all, b)
		open.change(true, b.Cid())
	}
	a := newNode(t, Config{Servable: open.has, EgressLimit: limit}, storeWith(t, all...))
	require.EqualValues(t, limit, a.EgressLimit())
	start := time.Now()
	group, ctx := errgroup.WithContext(t.Context())
	for i := range 2 {
		b := newNode(t, Config{}, newStore())
		connect(t, b, a)
		for _, want := range all[i*each : (i+1)*each] {
			group.Go(func() error {
				_, err := b.Get(ctx, all[0].Cid(), want.Cid())
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
	least := float64(2*each*size-size)/limit - burstTime.Seconds()
	require.Greater(t, time.Since(start).Seconds(), least)
	held, _ := a.egress.waited()
	require.Positive(t, held)
}
