package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// itemsSeen returns the ids that a collection shows to an account, page by page.
func itemsSeen(t *testing.T, c *Catalog, id string, viewer int64, limit int) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := c.CollectionItems(t.Context(), id, viewer, cursor, limit)
		require.NoError(t, err)
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		if cursor = next; next == "" {
			return ids
		}
	}
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	var fault *models.Fault
	require.ErrorAs(t, err, &fault)
	return fault.Code
}

func collection(t *testing.T, c *Catalog, m models.Collection, releases ...string) models.Collection {
	t.Helper()
	k, err := c.CreateCollection(t.Context(), m)
	require.NoError(t, err)
	require.NoError(t, c.AddItems(t.Context(), k.ID, releases))
	return k
}

func testCollections(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "ben")
	lena, _, _, err := c.CreateAccount(ctx, "lena", models.RoleListener, "")
	require.NoError(t, err)
	one, two := published(t, c, a.ID, models.Release{Title: "One"}, "one"), published(t, c, a.ID, models.Release{Title: "Two"}, "two")
	theirs := published(t, c, b.ID, models.Release{}, "theirs")

	album := collection(t, c, models.Collection{AccountID: a.ID, Kind: models.Album, Title: " \x00 ", Description: "d"}, two, one, two)
	require.Equal(t, []any{"Untitled", "anna", models.Public}, []any{album.Title, album.ByName, album.Visibility})
	require.Equal(t, []string{two, one}, itemsSeen(t, c, album.ID, 0, 1))
	require.ErrorIs(t, c.AddItems(ctx, album.ID, []string{theirs}), models.ErrNotFound, "an album holds one's own")
	k.pass(time.Second)
	list := collection(t, c, models.Collection{AccountID: lena.ID, Kind: models.Playlist, Title: "Mixed"}, theirs, one)
	require.Equal(t, "", list.ChannelID)
	require.Equal(t, "lena", list.ByName)
	seen, err := c.Collection(ctx, list.ID, 0)
	require.NoError(t, err)
	require.Equal(t, []any{2, 2 * time.Minute}, []any{seen.Items, seen.Duration})
	_, err = c.CreateCollection(ctx, models.Collection{AccountID: lena.ID, Kind: models.Series})
	require.Equal(t, "collection_channel", codeOf(t, err))
	_, err = c.CreateCollection(ctx, models.Collection{AccountID: a.ID, Kind: models.Album, ChannelID: "k51of-someone"})
	require.Equal(t, "collection_channel", codeOf(t, err))
	_, err = c.CreateCollection(ctx, models.Collection{AccountID: a.ID, Kind: "mixtape"})
	require.Equal(t, "collection_kind", codeOf(t, err))

	private, title := models.Private, "Hers alone"
	require.NoError(t, c.UpdateCollection(ctx, list.ID, CollectionPatch{Title: &title, Visibility: &private}))
	for want, f := range map[string]CollectionFilter{
		album.ID: {}, list.ID: {Viewer: lena.ID, Mine: true}, album.ID + " ": {Channel: album.ChannelID, Kind: models.Album}, "": {Kind: models.Series},
		list.ID + " ": {Viewer: lena.ID, Mine: true, Holds: one}, " ": {Viewer: lena.ID, Mine: true, Holds: two}, "  ": {Cursor: album.ID},
	} {
		got, next, err := c.Collections(ctx, f)
		require.NoError(t, err)
		ids := ""
		for _, m := range got {
			ids += m.ID
		}
		require.Equal(t, strings.TrimSpace(want), ids, "%+v", f)
		require.Empty(t, next)
	}
	require.ErrorIs(t, c.UpdateCollection(ctx, "none", CollectionPatch{}), models.ErrNotFound)
	require.NoError(t, c.DeleteRelease(ctx, one))
	require.Equal(t, []string{two}, itemsSeen(t, c, album.ID, 0, 9))
	require.NoError(t, c.DeleteCollection(ctx, album.ID))
	require.ErrorIs(t, c.DeleteCollection(ctx, album.ID), models.ErrNotFound)
	_, err = c.Release(ctx, two)
	require.NoError(t, err, "its releases stay")
	noFindings(t, c)
}

// testCollectionShows has each viewer see of a collection what they may see.
func testCollectionShows(t *testing.T, open opener) {
	c := plain(t, open)
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "ben")
	public := published(t, c, a.ID, models.Release{}, "public")
	unlisted := published(t, c, a.ID, models.Release{Visibility: models.Unlisted}, "unlisted")
	hidden := published(t, c, a.ID, models.Release{}, "hidden")
	waiting := queued(t, c, a.ID, models.Release{})
	secret := published(t, c, a.ID, models.Release{Visibility: models.Private}, "secret")
	list := collection(t, c, models.Collection{AccountID: b.ID, Kind: models.Playlist}, public, unlisted, hidden, waiting)
	require.ErrorIs(t, c.AddItems(ctx, list.ID, []string{secret}), models.ErrNotFound)
	require.ErrorIs(t, c.AddItems(ctx, list.ID, []string{public, "3zzzzzzzzzzzz"}), models.ErrNotFound)
	require.NoError(t, c.SetStanding(ctx, hidden, models.StandingHidden, "", a.ID, -1))
	for _, v := range []models.Visibility{models.Public, models.Unlisted} {
		require.NoError(t, c.UpdateCollection(ctx, list.ID, CollectionPatch{Visibility: &v}))
		others := map[models.Visibility][]string{models.Public: {public}, models.Unlisted: {public, unlisted}}[v]
		for viewer, want := range map[int64][]string{0: others, b.ID: others, a.ID: {public, unlisted, hidden, waiting}} {
			require.Equal(t, want, itemsSeen(t, c, list.ID, viewer, 2), "%s by %d", v, viewer)
			m, err := c.Collection(ctx, list.ID, viewer)
			require.NoError(t, err)
			require.Equal(t, len(want), m.Items)
		}
	}
	// The order is changed by who does not see everything in it.
	require.NoError(t, c.OrderItems(ctx, list.ID, []string{unlisted, public}, 0))
	require.Equal(t, []string{unlisted, public, hidden, waiting}, itemsSeen(t, c, list.ID, a.ID, 9))
	require.NoError(t, c.MoveItem(ctx, list.ID, unlisted, public))
	require.Equal(t, []string{public, unlisted, hidden, waiting}, itemsSeen(t, c, list.ID, a.ID, 9))
}

func testCollectionOrder(t *testing.T, open opener) {
	c := plain(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	var ids []string
	for i := range 5 {
		ids = append(ids, published(t, c, a.ID, models.Release{}, fmt.Sprint("r", i)))
	}
	k := collection(t, c, models.Collection{AccountID: a.ID, Kind: models.Album}, ids...)
	order := func() []string { return itemsSeen(t, c, k.ID, 0, 500) }
	pick := func(at ...int) (out []string) {
		for _, i := range at {
			out = append(out, ids[i])
		}
		return out
	}
	require.NoError(t, c.MoveItem(ctx, k.ID, ids[4], ""))
	require.Equal(t, pick(4, 0, 1, 2, 3), order())
	require.NoError(t, c.MoveItem(ctx, k.ID, ids[0], ids[3]))
	require.Equal(t, pick(4, 1, 2, 3, 0), order())
	for i := range 60 { // the room between two is used up more than once
		require.NoError(t, c.MoveItem(ctx, k.ID, ids[1+i%2], ids[4]))
	}
	require.Equal(t, pick(4, 2, 1, 3, 0), order())
	for _, move := range [][2]string{{ids[0], ids[0]}, {ids[0], "3zzzzzzzzzzzz"}, {"3zzzzzzzzzzzz", ids[0]}} {
		require.ErrorIs(t, c.MoveItem(ctx, k.ID, move[0], move[1]), models.ErrNotFound)
	}
	require.NoError(t, c.OrderItems(ctx, k.ID, ids, 0))
	require.Equal(t, ids, order())
	for name, bad := range map[string][]string{
		"a hole": pick(0, 1, 3, 4), "nothing": nil, "twice": pick(0, 1, 2, 3, 3), "one more": append(pick(0, 1, 2, 3, 4), "x"), "another": append(pick(0, 1, 2, 3), "x"),
		"all and one twice": pick(0, 1, 2, 3, 4, 4),
	} {
		require.Equal(t, "order", codeOf(t, c.OrderItems(ctx, k.ID, bad, 0)), name)
	}
	require.NoError(t, c.RemoveItem(ctx, k.ID, ids[2]))
	require.ErrorIs(t, c.RemoveItem(ctx, k.ID, ids[2]), models.ErrNotFound)
	require.NoError(t, c.AddItems(ctx, k.ID, pick(2)))
	require.Equal(t, pick(0, 1, 3, 4, 2), order())
	require.ErrorIs(t, c.AddItems(ctx, "none", ids), models.ErrNotFound)
	_, _, err := c.CollectionItems(ctx, k.ID, 0, "x", 1)
	require.Equal(t, "cursor", codeOf(t, err))
}

// testCollectionAtOnce has many change one order at once: none is lost, and of
// those who name the version they saw, one succeeds.
func testCollectionAtOnce(t *testing.T, open opener) {
	c := plain(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	var ids []string
	for i := range 8 {
		ids = append(ids, published(t, c, a.ID, models.Release{}, fmt.Sprint("r", i)))
	}
	m := collection(t, c, models.Collection{AccountID: a.ID, Kind: models.Album}, ids[:4]...)
	var g errgroup.Group
	for i, id := range ids {
		g.Go(func() error { return c.AddItems(ctx, m.ID, []string{id}) })
		if i > 0 && i < 4 {
			g.Go(func() error { return c.MoveItem(ctx, m.ID, id, ids[0]) })
		}
	}
	require.NoError(t, g.Wait())
	have := itemsSeen(t, c, m.ID, 0, 500)
	require.ElementsMatch(t, ids, have)
	now, err := c.Collection(ctx, m.ID, 0)
	require.NoError(t, err)
	outcomes := make([]error, 4)
	for i := range outcomes {
		g.Go(func() error {
			order := append(slices.Clone(have[i:]), have[:i]...)
			outcomes[i] = c.OrderItems(ctx, m.ID, order, now.Version)
			return nil
		})
	}
	require.NoError(t, g.Wait())
	won := -1
	for i, err := range outcomes {
		if err == nil {
			require.Equal(t, -1, won, "two changed the same version")
			won = i
		} else {
			require.Equal(t, "order_changed", codeOf(t, err))
		}
	}
	require.Equal(t, append(slices.Clone(have[won:]), have[:won]...), itemsSeen(t, c, m.ID, 0, 500))
}

// testLargeCollection has as many releases as fit; fewer on SQLite under the race
// detector, which watches the engine itself there.
func testLargeCollection(t *testing.T, open opener) {
	c := plain(t, open)
	most := models.MaxItems
	if _, ok := c.dialect.(*sqlite); ok && raceEnabled {
		most = 1000
	}
	ctx, a := t.Context(), creator(t, c, "anna")
	first := published(t, c, a.ID, models.Release{}, "first")
	row, err := one[struct{ RootID int64 }](c.db(ctx), "SELECT root_id FROM releases WHERE id = ?", first)
	require.NoError(t, err)
	m := collection(t, c, models.Collection{AccountID: a.ID, Kind: models.Album})
	var values []any
	ids := []string{first}
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range most {
		id := models.NewTID(at.Add(time.Duration(i) * time.Second))
		ids = append(ids, id)
		values = append(values, seqOf(id), id, a.ID, m.ChannelID, "track", "T", "public", "final", row.RootID, 1, 1)
	}
	require.NoError(t, insertRows(c.db(ctx), `INSERT INTO releases (seq, id, account_id, channel_id, kind, title, visibility, state, root_id, created_at, updated_at)`, "", 11, values))
	require.NoError(t, c.AddItems(ctx, m.ID, ids[:most]))
	if most == models.MaxItems {
		require.Equal(t, "collection_full", codeOf(t, c.AddItems(ctx, m.ID, ids[most:])))
	}
	order := slices.Clone(ids[:most])
	slices.Reverse(order)
	require.NoError(t, c.OrderItems(ctx, m.ID, order, 0))
	require.NoError(t, c.MoveItem(ctx, m.ID, order[0], order[most/2]))
	order = slices.Insert(order[1:], most/2, order[0])
	require.True(t, slices.Equal(order, itemsSeen(t, c, m.ID, 0, 500)))
	list, _, err := c.Collections(ctx, CollectionFilter{})
	require.NoError(t, err)
	require.Equal(t, 1000, list[0].Items, "lists count so far")
	m, err = c.Collection(ctx, m.ID, 0)
	require.NoError(t, err)
	require.Equal(t, most, m.Items)
}

func testFollows(t *testing.T, open opener) {
	c := plain(t, open)
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "ben")
	channels := map[int64]string{}
	for _, who := range []models.Account{a, b} {
		list, err := c.ChannelsOf(ctx, who.ID)
		require.NoError(t, err)
		channels[who.ID] = list[0].ID
	}
	films := map[int64]string{a.ID: published(t, c, a.ID, models.Release{Tags: []string{"Über", "sea"}}, "a"), b.ID: published(t, c, b.ID, models.Release{Tags: []string{"über"}}, "b")}
	published(t, c, b.ID, models.Release{Visibility: models.Unlisted, Tags: []string{"sea"}}, "c")
	listed := func(f Filter) (ids []string) {
		page, _, err := c.Releases(ctx, f)
		require.NoError(t, err)
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		return ids
	}
	require.Empty(t, listed(Filter{Followed: a.ID}))
	for range 2 {
		require.NoError(t, c.Follow(ctx, a.ID, channels[b.ID]))
	}
	require.ErrorIs(t, c.Follow(ctx, a.ID, "k51none"), models.ErrNotFound)
	require.Equal(t, []string{films[b.ID]}, listed(Filter{Followed: a.ID}))
	n, mine, err := c.Followers(ctx, channels[b.ID], a.ID)
	require.NoError(t, err)
	require.Equal(t, []any{1, true}, []any{n, mine})
	followed, err := c.Follows(ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, followed, 1)
	for range 2 {
		require.NoError(t, c.Unfollow(ctx, a.ID, channels[b.ID]))
	}
	require.Empty(t, listed(Filter{Followed: a.ID}))
	require.Equal(t, []string{films[b.ID], films[a.ID]}, listed(Filter{Channels: []string{channels[a.ID], channels[b.ID]}}))

	require.Equal(t, []string{films[b.ID], films[a.ID]}, listed(Filter{Tag: "ÜBER"}))
	require.Equal(t, []string{films[a.ID]}, listed(Filter{Tag: "sea"}))
	require.Equal(t, []string{films[b.ID]}, listed(Filter{Tag: "über", Query: "ben"}))
	require.Empty(t, listed(Filter{Tag: `se%' OR 1=1 --`}))
	none := []string{}
	_, err = c.UpdateRelease(ctx, films[a.ID], Patch{Tags: &none})
	require.NoError(t, err)
	require.Empty(t, listed(Filter{Tag: "sea"}))
	require.NoError(t, c.DeleteRelease(ctx, films[b.ID]))
	require.Empty(t, listed(Filter{Tag: "über"}))
	left, err := one[int](c.db(ctx), "SELECT count(*) FROM release_tags")
	require.NoError(t, err)
	require.Equal(t, 1, left)
}

func testPlays(t *testing.T, open opener) {
	c := plain(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "a")
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var g errgroup.Group
	for range 20 {
		g.Go(func() error {
			return errors.Join(c.AddPlays(ctx, id, day.Add(23*time.Hour), models.DayPlays{Plays: 1, Seconds: 30, Bytes: 1 << 33}),
				c.AddPlays(ctx, id, day.Add(24*time.Hour), models.DayPlays{Seconds: 5}))
		})
	}
	require.NoError(t, g.Wait())
	want := []models.DayPlays{{Day: day, Plays: 20, Seconds: 600, Bytes: 20 << 33}, {Day: day.AddDate(0, 0, 1), Seconds: 100}}
	for _, q := range []struct {
		from, to time.Time
		want     []models.DayPlays
	}{{want: want}, {from: day, to: day.AddDate(0, 0, 1), want: want}, {to: day.Add(time.Hour), want: want[:1]}, {from: day.Add(25 * time.Hour), want: want[1:]}, {from: day.AddDate(1, 0, 0), want: want[:0]}} {
		got, err := c.Plays(ctx, id, q.from, q.to)
		require.NoError(t, err)
		require.Equal(t, q.want, got)
	}
	n, err := c.PlayCount(ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 20, n)
	require.ErrorIs(t, c.AddPlays(ctx, "3zzzzzzzzzzzz", day, models.DayPlays{Plays: 1}), models.ErrNotFound)
	require.NoError(t, c.DeleteRelease(ctx, id))
	n, err = c.PlayCount(ctx, id)
	require.NoError(t, err)
	require.Zero(t, n)
}
