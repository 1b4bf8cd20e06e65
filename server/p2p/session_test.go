package p2p

import (
	"context"
	"testing"
	"time"

	"github.com/ipfs/boxo/exchange"
	"github.com/stretchr/testify/require"
)

// ended is the context that a session under test was opened with.
type ended struct {
	exchange.Fetcher
	ctx context.Context
}

func testSessions(limit int) *sessions {
	return newSessions(limit, time.Minute, func(ctx context.Context) exchange.Fetcher { return ended{ctx: ctx} })
}

func isOver(s *session) bool { return s.Fetcher.(ended).ctx.Err() != nil }

func TestSessionPerRoot(t *testing.T) {
	s := testSessions(2)
	a, b, c := newBlock(t, 1).Cid(), newBlock(t, 2).Cid(), newBlock(t, 3).Cid()
	first, one, isFirst := s.join(a, a)
	require.True(t, isFirst)
	again, same, isFirst := s.join(a, a)
	require.Same(t, first, again)
	require.Same(t, one, same, "one fetch for two callers")
	require.False(t, isFirst)
	_, two, _ := s.join(a, b)
	require.NotSame(t, one, two)

	s.join(b, b)
	s.join(c, c) // the root a was used before b
	require.Equal(t, 2, s.order.Len())
	s.land(first, one, true)
	require.False(t, isOver(first), "ended while in use")
	s.land(first, two, true)
	require.True(t, isOver(first), "stays open after its last use")
	fresh, _, _ := s.join(a, a)
	require.NotSame(t, first, fresh)
}

func TestFailureRetiresSession(t *testing.T) {
	s := testSessions(2)
	a, b := newBlock(t, 1).Cid(), newBlock(t, 2).Cid()
	first, one, _ := s.join(a, a)
	_, two, _ := s.join(a, b)
	s.land(first, one, false)
	require.False(t, isOver(first), "other fetches in it may finish")
	fresh, _, isFirst := s.join(a, a)
	require.NotSame(t, first, fresh)
	require.True(t, isFirst)
	s.land(first, two, false)
	require.True(t, isOver(first))
	require.False(t, isOver(fresh), "the retired session took its successor with it")
}

func TestDeserted(t *testing.T) {
	s := testSessions(2)
	a := newBlock(t, 1).Cid()
	_, f, _ := s.join(a, a)
	s.join(a, a)
	s.leave(f)
	require.Zero(t, s.desertedFor(f, time.Now().Add(time.Hour)))
	require.Empty(t, f.wake)
	s.leave(f)
	require.Len(t, f.wake, 1)
	require.Greater(t, s.desertedFor(f, time.Now().Add(time.Hour)), 59*time.Minute)
	s.join(a, a)
	require.Zero(t, s.desertedFor(f, time.Now().Add(time.Hour)), "somebody waits again")
}

func TestSessionsExpire(t *testing.T) {
	s := testSessions(8)
	idle, f, _ := s.join(newBlock(t, 1).Cid(), newBlock(t, 1).Cid())
	s.land(idle, f, true)
	busy, _, _ := s.join(newBlock(t, 2).Cid(), newBlock(t, 2).Cid())
	s.expire(time.Now().Add(30 * time.Second))
	require.False(t, isOver(idle))
	s.expire(time.Now().Add(2 * time.Minute))
	require.True(t, isOver(idle))
	require.False(t, isOver(busy))
	require.Len(t, s.byRoot, 1)

	s.closeAll()
	require.True(t, isOver(busy))
	after, _, _ := s.join(newBlock(t, 3).Cid(), newBlock(t, 3).Cid())
	require.Nil(t, after)
}
