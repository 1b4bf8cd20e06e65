package catalog

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

// far is a release of another node as its manifest tells it.
func far(label string) models.Release {
	return models.Release{ID: models.NewTID(time.Now()), ChannelID: "k51" + label, ChannelName: "Channel " + label, Kind: models.KindVideo,
		Title: "Title " + label, Description: "About " + label, Tags: []string{"Alps"}, Language: "de-CH", License: "CC-BY-4.0", Rev: 1,
		Manifest: rootOf(label), Duration: time.Minute, Width: 640, Height: 360, Bytes: 99, Poster: "x/poster.jpg",
		Loudness: &models.Loudness{Integrated: -20}, CreatedAt: time.Now().Add(-time.Hour).UTC().Truncate(time.Second)}
}

// pin does what a keeper does with a verified release.
func pin(t *testing.T, c *Catalog, r models.Release, label string) error {
	t.Helper()
	ctx := t.Context()
	_, err := c.PutPin(ctx, r.Manifest)
	require.NoError(t, err)
	require.NoError(t, c.SetPinState(ctx, r.Manifest, models.PinFetching, 0, 0, ""))
	admitted := c.AdmitPin(ctx, r.Manifest, 100, r)
	err = c.PinRelease(ctx, r.Manifest, blocksOf(label, 3), 100, r, renditions())
	if err != nil {
		require.Equal(t, code(admitted), code(err), "it should have been refused before its files were fetched")
		require.NoError(t, c.DeletePin(ctx, r.Manifest))
	}
	return err
}

func found(t *testing.T, c *Catalog, f Filter) (ids []string) {
	t.Helper()
	items, _, err := c.Releases(t.Context(), f)
	require.NoError(t, err)
	for _, r := range items {
		ids = append(ids, r.ID)
	}
	return ids
}

// testPinned: a pinned release stands in every list as its manifest tells it,
// and goes with its pin.
func testPinned(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	r := far("one")
	require.NoError(t, pin(t, c, r, "one"))
	got, err := c.Release(ctx, r.ID)
	require.NoError(t, err)
	want := r
	want.State, want.Standing, want.Visibility, want.Fraction = models.StateFinal, models.StandingGood, models.Public, 1
	want.Playable, want.FinalAt, want.UpdatedAt = r.Duration, r.CreatedAt, got.UpdatedAt
	require.Equal(t, want, got)
	require.True(t, got.Listed())
	require.True(t, servable(t, c, r.Manifest))
	list, err := c.Renditions(ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, renditions(), list)
	for _, f := range []Filter{{}, {Scope: ScopePublic}, {Channel: r.ChannelID}, {Query: "title one"}, {Query: "channel one"}, {Query: "alps"}} {
		require.Equal(t, []string{r.ID}, found(t, c, f), "%+v", f)
	}
	noFindings(t, c)

	require.NoError(t, c.DeletePin(ctx, r.Manifest))
	require.Empty(t, found(t, c, Filter{Scope: ScopeAll}))
	require.Empty(t, found(t, c, Filter{Query: "title"}))
	_, known, err := c.RootServable(ctx, r.Manifest)
	require.NoError(t, err)
	require.False(t, known)
	noFindings(t, c)

	// What a moderator said holds, whoever pins again.
	a := creator(t, c, "anna")
	require.NoError(t, pin(t, c, r, "one"))
	require.NoError(t, c.SetStanding(ctx, r.ID, models.StandingTakenDown, "a court said so", a.ID, -1))
	require.False(t, servable(t, c, r.Manifest))
	require.NoError(t, c.DeletePin(ctx, r.Manifest))
	require.NoError(t, pin(t, c, r, "one"))
	require.False(t, servable(t, c, r.Manifest), "pinning again undid a takedown")
	require.False(t, blockServable(t, c, blockOf("one", 0)))
	standing, reason, err := c.RootStanding(ctx, r.Manifest)
	require.NoError(t, err)
	require.Equal(t, models.StandingTakenDown, standing)
	require.Equal(t, "a court said so", reason)
	require.Empty(t, found(t, c, Filter{}))
	noFindings(t, c)
}

// testImportConflicts: which manifest may stand in whose place.
func testImportConflicts(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	channels, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	mine := published(t, c, a.ID, models.Release{Title: "Mine"}, "mine")
	before, err := c.Release(ctx, mine)
	require.NoError(t, err)
	held := far("held")
	held.Rev = 2
	require.NoError(t, pin(t, c, held, "held"))

	change := func(of models.Release, label string, do func(*models.Release)) models.Release {
		of.Manifest = rootOf(label)
		do(&of)
		return of
	}
	for _, row := range []struct {
		name string
		r    models.Release
		want string
	}{
		{"an own release's id", change(far("x"), "a", func(r *models.Release) { r.ID = mine }), "release_id_taken"},
		{"an own release, newer", change(far("x"), "b", func(r *models.Release) { r.ID, r.ChannelID, r.Rev = mine, channels[0].ID, 9 }), "release_own"},
		{"another channel's id", change(far("x"), "c", func(r *models.Release) { r.ID, r.Rev = held.ID, 9 }), "release_id_taken"},
		{"a lower rev", change(held, "d", func(r *models.Release) { r.Rev = 1 }), "release_superseded"},
		{"the same rev", change(held, "e", func(*models.Release) {}), "release_rev_taken"},
		{"an id from the future", change(far("x"), "f", func(r *models.Release) { r.ID = models.NewTID(time.Now().Add(48 * time.Hour)) }), "release_id_future"},
		{"no id", change(far("x"), "g", func(r *models.Release) { r.ID = "x" }), "release_id"},
	} {
		err := pin(t, c, row.r, row.name)
		require.Error(t, err, row.name)
		require.Equal(t, row.want, code(err), row.name)
		require.False(t, servable(t, c, row.r.Manifest), row.name)
	}
	after, err := c.Release(ctx, mine)
	require.NoError(t, err)
	require.Equal(t, before, after)
	noFindings(t, c)

	// The release of one of our channels comes back to it, for its eyes alone.
	back := change(far("x"), "back", func(r *models.Release) { r.ChannelID, r.ChannelName = channels[0].ID, "Another name" })
	require.NoError(t, pin(t, c, back, "back"))
	got, err := c.Release(ctx, back.ID)
	require.NoError(t, err)
	require.Equal(t, a.ID, got.AccountID)
	require.Equal(t, models.Private, got.Visibility)
	require.Equal(t, "anna", got.ChannelName, "a manifest renamed a channel of this node")
	require.False(t, servable(t, c, back.Manifest))
	require.NoError(t, c.DeletePin(ctx, back.Manifest))
	_, err = c.Release(ctx, back.ID)
	require.NoError(t, err, "it is its channel's, not the pin's")
	noFindings(t, c)

	// A higher rev takes the place, its words and its standing; the one before
	// goes, or it would be out of the moderators' reach.
	require.NoError(t, c.SetStanding(ctx, held.ID, models.StandingHidden, "", a.ID, -1))
	next := change(held, "next", func(r *models.Release) { r.Rev, r.Title, r.ChannelName = 3, "Again", "Renamed" })
	require.NoError(t, pin(t, c, next, "next"))
	got, err = c.Release(ctx, held.ID)
	require.NoError(t, err)
	require.Equal(t, []any{3, "Again", "Renamed", models.StandingHidden, next.Manifest}, []any{got.Rev, got.Title, got.ChannelName, got.Standing, got.Manifest})
	require.False(t, servable(t, c, next.Manifest))
	_, known, err := c.RootServable(ctx, held.Manifest)
	require.NoError(t, err)
	require.False(t, known, "the revision before is still served")
	noFindings(t, c)
}

// testHostileImports: what a stranger's manifest says is kept in a form that
// every column, list and page can hold.
func testHostileImports(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	r := far("odd")
	r.Title = "A\u202egpj.exe\x00\x1b[31m\nB" + strings.Repeat("é", 9000)
	r.Description = strings.Repeat("e"+strings.Repeat("\u0301", 200), 30) + "\nline\xff\x00"
	r.ChannelName, r.License = strings.Repeat("N", 9000), strings.Repeat("L", 9000)
	r.Language = "<script>"
	r.Tags = append([]string{"", " ", strings.Repeat("t", 9000), "\x00"}, strings.Split(strings.Repeat("tag ", 200), " ")...)
	for i := range 200 {
		r.Tags = append(r.Tags, strings.Repeat("x", i))
	}
	r.CreatedAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	r.Width, r.Height, r.Rev = 1<<31-1, 1<<31-1, 1<<31-1
	require.NoError(t, pin(t, c, r, "odd"))
	got, err := c.Release(ctx, r.ID)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got.Title, "Agpj.exe[31m Bé"), "%.40q", got.Title)
	require.LessOrEqual(t, utf8.RuneCountInString(got.Title), maxTitle)
	require.LessOrEqual(t, utf8.RuneCountInString(got.Description), 30*(1+maxMarks)+10)
	require.True(t, strings.HasSuffix(got.Description, "\nline\uFFFD"))
	require.Len(t, got.ChannelName, maxChannelName)
	require.Len(t, got.License, maxCode)
	require.Empty(t, got.Language)
	require.LessOrEqual(t, len(got.Tags), maxTags)
	for _, tag := range got.Tags {
		require.LessOrEqual(t, len(tag), maxTag)
	}
	require.False(t, got.CreatedAt.After(time.Now()), "created in the future")
	require.Equal(t, []string{r.ID}, found(t, c, Filter{Query: "agpj"}))

	empty := far("empty")
	empty.Title, empty.ChannelName, empty.Description, empty.Tags = "\u202e\x00 ", "", "", nil
	require.NoError(t, pin(t, c, empty, "empty"))
	got, err = c.Release(ctx, empty.ID)
	require.NoError(t, err)
	require.Equal(t, "Untitled", got.Title)
	odd := renditions()
	for i := range odd {
		odd[i].Name, odd[i].Codec, odd[i].Group, odd[i].Language = strings.Repeat("\u202en", 9000), "\x00x", strings.Repeat("g", 9000), "\x00"
	}
	require.NoError(t, c.ImportRelease(ctx, empty, odd))
	noFindings(t, c)
}
