package catalog

import (
	"fmt"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// announcedRoots walks the pages.
func announcedRoots(t *testing.T, c *Catalog, limit int) (all []cid.Cid) {
	t.Helper()
	for cursor, more := int64(0), true; more; more = cursor != 0 {
		page, next, err := c.AnnouncedRoots(t.Context(), cursor, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), limit)
		all, cursor = append(all, page...), next
	}
	return all
}

// testAnnounced walks one release through every visibility and standing: only
// what is public and good is told to strangers, by either question.
func testAnnounced(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "x")
	told := func(root cid.Cid) bool {
		yes, err := c.RootAnnounced(ctx, root)
		require.NoError(t, err)
		if yes {
			require.Contains(t, announcedRoots(t, c, 2), root)
		} else {
			require.NotContains(t, announcedRoots(t, c, 2), root)
		}
		return yes
	}
	for _, v := range visibilities {
		for _, s := range standings {
			_, err := c.UpdateRelease(ctx, id, Patch{Visibility: &v})
			require.NoError(t, err)
			require.NoError(t, c.SetStanding(ctx, id, s, "because", a.ID, -1))
			require.Equal(t, v == models.Public && s == models.StandingGood, told(rootOf("x")), "%s %s", v, s)
		}
	}
	unlisted := published(t, c, a.ID, models.Release{Visibility: models.Unlisted}, "u")
	require.False(t, told(rootOf("u")))
	_, err := c.PutPin(ctx, rootOf("u"))
	require.NoError(t, err)
	require.False(t, told(rootOf("u")), "a pin does not list what is unlisted")
	published(t, c, a.ID, models.Release{}, "u")
	require.True(t, told(rootOf("u")), "another release of the same bytes is public")
	require.NoError(t, c.DeleteRelease(ctx, unlisted))
	require.True(t, told(rootOf("u")))

	far := rootOf("far")
	_, err = c.PutPin(ctx, far)
	require.NoError(t, err)
	require.False(t, told(far), "not here yet")
	require.NoError(t, c.PinHeld(ctx, far, blocksOf("far", 2), 9))
	require.True(t, told(far))
	require.NoError(t, c.DeletePin(ctx, far))
	require.False(t, told(far))

	for i := range 5 {
		published(t, c, a.ID, models.Release{}, fmt.Sprint("many", i))
	}
	for _, limit := range []int{1, 2, 3, 6, 7, 100} {
		require.Len(t, announcedRoots(t, c, limit), 6, "pages of %d", limit)
	}
}
