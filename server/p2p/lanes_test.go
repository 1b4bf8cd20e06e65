package p2p

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fill takes all lanes for somebody and returns what gives them back.
func fill(t *testing.T, l *lanes, who string, size int) (back []func()) {
	t.Helper()
	for range laneCount {
		done, err := l.take(t.Context(), who, size)
		require.NoError(t, err)
		back = append(back, done)
	}
	return back
}

// Who got least of late is next, whoever came first.
func TestWhoGotLeastGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, went := newLanes(time.Now), make(chan string, 8)
		back := fill(t, l, "greedy", 1<<20)
		send := func(who string) {
			go func() {
				done, err := l.take(t.Context(), who, 1000)
				if err == nil {
					went <- who
					done()
				}
			}()
			synctest.Wait()
		}
		for _, who := range []string{"greedy", "greedy", "modest", "greedy", "other"} {
			send(who)
		}
		back[0]()
		synctest.Wait()
		var order []string
		for range 5 {
			order = append(order, <-went)
		}
		require.Equal(t, []string{"modest", "other", "greedy", "greedy", "greedy"}, order)
		for _, done := range back[1:] {
			done()
		}
		require.Equal(t, laneCount, l.free)
	})
}

// A message on a slow line gives its lane back once, and one that is given up
// leaves the queue.
func TestSlowLinesKeepNoLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(time.Now)
		back := fill(t, l, "slow", 1)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.take(gone, "gone", 1)
		require.ErrorIs(t, err, context.Canceled)
		done, err := l.take(t.Context(), "next", 1) // after laneTime, for nobody is done
		require.NoError(t, err)
		done()
		for _, late := range back {
			late()
		}
		synctest.Wait()
		require.Equal(t, laneCount, l.free)
		require.Empty(t, l.waiting)
	})
}

// What was got is forgotten, and so are those who got it.
func TestLaneMemory(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLanes(func() time.Time { return now })
	for i := range maxLately {
		l.credit(&passage{to: string(rune(i)), size: 1000}, now)
	}
	l.credit(&passage{to: "one more", size: 1000}, now)
	require.Len(t, l.got, 1, "however many there are at once")
	for i := range maxLately - 1 {
		l.credit(&passage{to: string(rune(i)), size: 1000}, now)
	}
	now = now.Add(halfForgotten)
	require.InDelta(t, 500, l.had("a", now), 0.1)
	now = now.Add(time.Minute)
	l.credit(&passage{to: "new", size: 1}, now)
	require.Len(t, l.got, 1)
}
