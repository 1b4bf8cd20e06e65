package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

var (
	visibilities = []models.Visibility{models.Public, models.Unlisted, models.Private}
	standings    = []models.Standing{models.StandingGood, models.StandingReview, models.StandingHidden, models.StandingTakenDown}
)

// testServable walks one release through every visibility and standing.
func testServable(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "x")
	for _, v := range visibilities {
		for _, s := range standings {
			_, err := c.UpdateRelease(ctx, id, Patch{Visibility: &v})
			require.NoError(t, err)
			require.NoError(t, c.SetStanding(ctx, id, s, "because", a.ID, -1))
			r, err := c.Release(ctx, id)
			require.NoError(t, err)
			want := v != models.Private && s == models.StandingGood
			require.Equal(t, want, r.Servable(), "%s %s", v, s)
			require.Equal(t, want, servable(t, c, rootOf("x")), "%s %s", v, s)
			require.Equal(t, want, blockServable(t, c, blockOf("x", 0)), "%s %s", v, s)
			require.Equal(t, want, blockServable(t, c, rootOf("x")), "%s %s", v, s)
			standing, reason, err := c.RootStanding(ctx, rootOf("x"))
			require.NoError(t, err)
			require.Equal(t, s, standing)
			if s != models.StandingGood { // a good one needs none: the trail has it
				require.Equal(t, "because", reason)
			}
		}
	}
	require.NoError(t, c.SetStanding(ctx, id, models.StandingGood, "", a.ID, -1))
	for _, v := range visibilities {
		_, err := c.UpdateRelease(ctx, id, Patch{Visibility: &v})
		require.NoError(t, err)
		require.Equal(t, v != models.Private, servable(t, c, rootOf("x")), "%s by its creator alone", v)
	}
	n, err := one[int](c.db(ctx), "SELECT count(*) FROM moderation WHERE release_id = ? AND account_id = ?", id, a.ID)
	require.NoError(t, err)
	require.Equal(t, len(visibilities)*len(standings)+1, n)
	_, _, err = c.RootStanding(ctx, rootOf("unknown"))
	require.ErrorIs(t, err, models.ErrNotFound)
	noFindings(t, c)
}

// testSharedBlocks has two releases of different roots share a block, and two
// entries share one root, in every pair of states.
func testSharedBlocks(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	shared := blockOf("shared", 0)
	first := published(t, c, a.ID, models.Release{}, "one", shared, blockOf("one", 0))
	second := published(t, c, a.ID, models.Release{}, "two", shared, blockOf("two", 0))
	twin := published(t, c, a.ID, models.Release{}, "two", shared, blockOf("two", 0))
	require.NoError(t, c.SetStanding(ctx, twin, models.StandingTakenDown, "claim", a.ID, -1))
	set := func(id string, v models.Visibility, s models.Standing) bool {
		_, err := c.UpdateRelease(ctx, id, Patch{Visibility: &v})
		require.NoError(t, err)
		require.NoError(t, c.SetStanding(ctx, id, s, "", a.ID, -1))
		return v != models.Private && s == models.StandingGood
	}
	for _, v1 := range visibilities {
		for _, s1 := range standings {
			one := set(first, v1, s1)
			for _, v2 := range visibilities {
				for _, s2 := range []models.Standing{models.StandingGood, models.StandingHidden} {
					two := set(second, v2, s2)
					at := fmt.Sprint(v1, s1, v2, s2)
					require.Equal(t, one, servable(t, c, rootOf("one")), at)
					require.Equal(t, two, servable(t, c, rootOf("two")), at)
					require.Equal(t, one || two, blockServable(t, c, shared), at)
					require.Equal(t, one, blockServable(t, c, blockOf("one", 0)), at)
				}
			}
		}
	}
	set(second, models.Private, models.StandingGood)
	standing, reason, err := c.RootStanding(ctx, rootOf("two"))
	require.NoError(t, err)
	require.Equal(t, models.StandingTakenDown, standing)
	require.Equal(t, "claim", reason)
	set(second, models.Public, models.StandingGood)
	standing, _, err = c.RootStanding(ctx, rootOf("two"))
	require.NoError(t, err)
	require.Equal(t, models.StandingGood, standing)
	byRoot, err := c.ReleaseByRoot(ctx, rootOf("two"))
	require.NoError(t, err)
	require.Equal(t, second, byRoot.ID)
	noFindings(t, c)
}

func testDeleteRelease(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	one := published(t, c, a.ID, models.Release{}, "r")
	two := published(t, c, a.ID, models.Release{Visibility: models.Private}, "r")
	require.NoError(t, c.DeleteRelease(ctx, one))
	require.ErrorIs(t, c.DeleteRelease(ctx, one), models.ErrNotFound)
	require.False(t, servable(t, c, rootOf("r")), "only a private entry is left")
	live, err := c.LiveBlocks(ctx, blocksOf("r", 3))
	require.NoError(t, err)
	require.Len(t, live, 3)
	_, err = c.PutPin(ctx, rootOf("r"))
	require.NoError(t, err)
	require.False(t, servable(t, c, rootOf("r")), "a pin does not publish what is private")
	require.NoError(t, c.DeleteRelease(ctx, two))
	_, known, err := c.RootServable(ctx, rootOf("r"))
	require.NoError(t, err)
	require.False(t, known, "nor does it keep it when the entry is gone")
	live, err = c.LiveBlocks(ctx, blocksOf("r", 3))
	require.NoError(t, err)
	require.Empty(t, live)

	three := published(t, c, a.ID, models.Release{}, "kept")
	_, err = c.PutPin(ctx, rootOf("kept"))
	require.NoError(t, err)
	require.NoError(t, c.DeleteRelease(ctx, three))
	require.True(t, servable(t, c, rootOf("kept")), "a creator asked to keep what was public")
	require.NoError(t, c.DeletePin(ctx, rootOf("kept")))
	require.False(t, servable(t, c, rootOf("kept")))
	n, err := many[int](c.db(ctx), "SELECT count(*) FROM root_blocks")
	require.NoError(t, err)
	require.Equal(t, []int{0}, n)

	running := queued(t, c, a.ID, models.Release{})
	job := claimed(t, c, running)
	require.NoError(t, c.DeleteRelease(ctx, running))
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound)
	noFindings(t, c)
}

func testPins(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	root := rootOf("far")
	named, err := c.NamedAny(ctx)
	require.NoError(t, err)
	require.False(t, named)
	pin, err := c.PutPin(ctx, root)
	require.NoError(t, err)
	require.Equal(t, models.PinQueued, pin.State)
	require.Equal(t, root.String(), pin.Root)
	ok, known, err := c.RootServable(ctx, root)
	require.NoError(t, err)
	require.Equal(t, []bool{false, true}, []bool{ok, known})
	require.NoError(t, c.SetPinState(ctx, root, models.PinFetching, 1, 10, ""))
	require.Error(t, c.SetPinState(ctx, root, models.PinHeld, 1, 10, ""))
	require.NoError(t, c.AddPinBlocks(ctx, root, blocksOf("far", 2)))
	require.False(t, blockServable(t, c, blockOf("far", 0)))
	live, err := c.LiveBlocks(ctx, blocksOf("far", 3))
	require.NoError(t, err)
	require.Len(t, live, 2)
	require.NoError(t, c.SetPinState(ctx, root, models.PinFailed, 2, 20, "no peer has it"))
	pin, err = c.Pin(ctx, root)
	require.NoError(t, err)
	require.Equal(t, "no peer has it", pin.Failure)
	pin, err = c.PutPin(ctx, root)
	require.NoError(t, err)
	require.Equal(t, models.PinQueued, pin.State)
	for _, want := range []bool{false, true} {
		held, err := c.BlockHeld(ctx, blockOf("far", 0))
		require.NoError(t, err)
		require.Equal(t, want, held)
		require.NoError(t, c.PinHeld(ctx, root, blocksOf("far", 3), 30))
	}
	require.True(t, blockServable(t, c, blockOf("far", 2)))
	require.True(t, blockServable(t, c, root))
	require.ErrorIs(t, c.PinHeld(ctx, rootOf("never"), nil, 0), models.ErrNotFound)

	own := published(t, c, a.ID, models.Release{}, "own")
	require.ErrorIs(t, c.DeletePin(ctx, rootOf("own")), models.ErrInvalid)
	pin, err = c.PutPin(ctx, rootOf("own"))
	require.NoError(t, err)
	require.Equal(t, models.PinHeld, pin.State)
	require.Equal(t, models.PinAsked, pin.Reason)

	var seen []string
	cursor := ""
	for {
		pins, next, err := c.Pins(ctx, cursor, 1)
		require.NoError(t, err)
		for _, p := range pins {
			seen = append(seen, p.Root+string(p.Reason))
		}
		if cursor = next; next == "" {
			break
		}
	}
	require.Equal(t, []string{rootOf("own").String() + "asked", rootOf("own").String() + "own", root.String() + "asked"}, seen)
	held, _, err := c.Pins(ctx, "", 0, models.PinQueued, models.PinFetching)
	require.NoError(t, err)
	require.Empty(t, held)
	_, _, err = c.Pins(ctx, "x", 0)
	require.ErrorIs(t, err, models.ErrInvalid)
	require.NoError(t, c.DeletePin(ctx, root))
	require.ErrorIs(t, c.DeletePin(ctx, root), models.ErrNotFound)
	require.NoError(t, c.DeleteRelease(ctx, own))
	named, err = c.NamedAny(ctx)
	require.NoError(t, err)
	require.True(t, named, "it names none now, but did")
	noFindings(t, c)
}

func testImports(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	r := models.Release{ID: models.NewTID(time.Now()), ChannelID: "k51far", ChannelName: "Far", Kind: models.KindVideo, Title: "Import",
		Manifest: rootOf("far"), Duration: time.Minute, Height: 360}
	_, err := c.PutPin(ctx, rootOf("far"))
	require.NoError(t, err)
	require.NoError(t, c.ImportRelease(ctx, r, renditions()))
	require.False(t, servable(t, c, rootOf("far")), "nothing is held yet")
	require.NoError(t, c.PinHeld(ctx, rootOf("far"), blocksOf("far", 2), 5))
	require.True(t, servable(t, c, rootOf("far")))
	require.NoError(t, c.ImportRelease(ctx, r, renditions()), "twice is once")
	got, err := c.Release(ctx, r.ID)
	require.NoError(t, err)
	require.Zero(t, got.AccountID)
	require.Equal(t, "Far", got.ChannelName)
	require.True(t, got.Listed())
	_, err = c.SigningKey(ctx, "k51far")
	require.ErrorIs(t, err, models.ErrNotFound)

	stolen := r
	stolen.ChannelID = "k51evil"
	require.ErrorIs(t, c.ImportRelease(ctx, stolen, nil), models.ErrExists)
	other := r
	other.Manifest = rootOf("other")
	require.ErrorIs(t, c.ImportRelease(ctx, other, nil), models.ErrExists, "another root needs a higher rev")
	require.NoError(t, c.SetStanding(ctx, r.ID, models.StandingHidden, "", a.ID, -1))
	require.False(t, servable(t, c, rootOf("far")), "moderators here have the last word")
	require.NoError(t, c.ImportRelease(ctx, r, nil))
	require.False(t, servable(t, c, rootOf("far")))

	require.NoError(t, c.DeletePin(ctx, rootOf("far")))
	_, err = c.Release(ctx, r.ID)
	require.ErrorIs(t, err, models.ErrNotFound)
	_, err = c.Channel(ctx, "k51far")
	require.ErrorIs(t, err, models.ErrNotFound)

	ch, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	mine := models.Release{ID: models.NewTID(time.Now()), ChannelID: ch[0].ID, Title: "Rebuilt", Manifest: rootOf("mine")}
	require.NoError(t, c.HoldOwn(ctx, rootOf("mine"), blocksOf("mine", 2), 5))
	require.NoError(t, c.ImportRelease(ctx, mine, nil))
	got, err = c.Release(ctx, mine.ID)
	require.NoError(t, err)
	require.Equal(t, a.ID, got.AccountID)
	require.Equal(t, models.Private, got.Visibility)
	require.False(t, servable(t, c, rootOf("mine")))
	require.NoError(t, c.DeleteRelease(ctx, mine.ID))
	noFindings(t, c)
}

func testLive(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	published(t, c, a.ID, models.Release{}, "final", blocksOf("final", 700)...)
	id := queued(t, c, a.ID, models.Release{})
	claimed(t, c, id)
	one, err := c.BlockLive(ctx, blockOf("v", 1))
	require.NoError(t, err)
	require.False(t, one)
	require.NoError(t, c.AddSegments(ctx, id, []models.Segment{segment("v", 0), segment("v", 1)}))
	one, err = c.BlockLive(ctx, blockOf("v", 1))
	require.NoError(t, err)
	require.True(t, one, "an answer from before the write")
	asked := append(append(blocksOf("final", 700), blocksOf("v", 3)...), blocksOf("garbage", 700)...)
	live, err := c.LiveBlocks(ctx, asked)
	require.NoError(t, err)
	require.Len(t, live, 702)
	require.True(t, live[blockOf("v", 1)])
	require.False(t, live[blockOf("v", 2)])
	require.False(t, blockServable(t, c, blockOf("v", 1)), "a job's blocks are kept, not served")
	empty, err := c.LiveBlocks(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, empty)
}

func testDangling(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	published(t, c, a.ID, models.Release{}, "x")
	queued(t, c, a.ID, models.Release{})
	noFindings(t, c)
	for _, damage := range []string{"DELETE FROM pins", "DELETE FROM jobs WHERE state = 'queued'", "UPDATE channels SET sealed_key = NULL"} {
		require.NoError(t, c.db(ctx).Exec(damage).Error)
	}
	found, err := c.Dangling(ctx)
	require.NoError(t, err)
	require.Len(t, found, 3, "%v", found)
	require.Contains(t, found[0].String(), "releases")
}
