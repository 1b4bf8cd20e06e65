package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

// testRemembered: what this process has written is known at once, what another
// one has written soon.
func testRemembered(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "x")
	for range 50 {
		require.True(t, servable(t, c, rootOf("x")))
		require.NoError(t, c.SetStanding(ctx, id, models.StandingTakenDown, "because", a.ID, -1))
		require.False(t, servable(t, c, rootOf("x")))
		require.False(t, blockServable(t, c, blockOf("x", 0)))
		require.NoError(t, c.SetStanding(ctx, id, models.StandingGood, "", a.ID, -1))
		require.True(t, blockServable(t, c, blockOf("x", 0)))
	}
	require.True(t, servable(t, c, rootOf("x")))
	// Past this process: the memory does not hear of it.
	require.NoError(t, c.db(ctx).Exec("UPDATE roots SET servable = ?", false).Error)
	require.Eventually(t, func() bool {
		return !servable(t, c, rootOf("x")) && !blockServable(t, c, blockOf("x", 0))
	}, 20*time.Second, 10*time.Millisecond)
}

// An answer that was asked for before a write and comes after it is not kept.
func TestRememberedAcrossAWrite(t *testing.T) {
	var r remembered
	_, asked, ok := r.get("x")
	require.False(t, ok)
	r.wrote()
	r.put("x", asked, true, true)
	_, asked, ok = r.get("x")
	require.False(t, ok, "an answer from before the write")
	r.put("x", asked, true, true)
	a, _, ok := r.get("x")
	require.True(t, ok && a.servable && a.known)
	for n := range 2 * rememberMost {
		r.put(string(rune(n)), asked, true, true)
	}
	require.LessOrEqual(t, len(r.answers), rememberMost)
}
