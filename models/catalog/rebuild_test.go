package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

// foundAs is a release as a rebuild finds it, of as many revisions as labels.
func foundAs(r models.Release, labels ...string) Found {
	f := Found{Renditions: renditions()}
	for i, label := range labels {
		f.Revisions = append(f.Revisions, FoundRevision{
			Revision: models.Revision{Rev: i + 1, Root: rootOf(label), Bytes: 10, Duration: r.Duration, Poster: r.Poster},
			Blocks:   blocksOf(label, 3), Whole: true,
		})
	}
	r.Manifest, r.Rev = rootOf(labels[len(labels)-1]), len(labels)
	f.Release = r
	return f
}

// testRebuild: what is found comes back once, with its revisions, and goes out to
// nobody before a moderator has said so.
func testRebuild(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	anna := moderator(t, c, "anna")
	f := foundAs(far("one"), "one", "two", "three")
	f.Revisions[0].Whole = false
	for _, want := range []bool{true, false} {
		fresh, err := c.Rebuild(ctx, f)
		require.NoError(t, err)
		require.Equal(t, want, fresh)
		got, err := c.Release(ctx, f.Release.ID)
		require.NoError(t, err)
		want := f.Release
		want.State, want.Standing, want.Visibility, want.Fraction = models.StateFinal, models.StandingReview, models.Public, 1
		want.Playable, want.FinalAt, want.RevAt, want.UpdatedAt = want.Duration, want.CreatedAt, want.CreatedAt, got.UpdatedAt
		require.Equal(t, want, got)
		require.Empty(t, found(t, c, Filter{}))
		require.Equal(t, []string{f.Release.ID}, waiting(t, c, models.CaseReview))
		noFindings(t, c)
	}
	revisions, err := c.Revisions(ctx, f.Release.ID)
	require.NoError(t, err)
	require.Len(t, revisions, 3)
	for i, v := range revisions {
		require.Equal(t, 3-i, v.Rev)
		require.Equal(t, f.Revisions[2-i].Root, v.Root)
		require.False(t, servable(t, c, v.Root))
	}
	for label, want := range map[string]bool{"one": false, "two": true, "three": true} {
		named, err := c.RootNamed(ctx, rootOf(label))
		require.NoError(t, err)
		require.Equal(t, want, named, label)
	}

	said(t, c, f.Release.ID, models.ActionRestore, "", anna.ID)
	require.Equal(t, []string{f.Release.ID}, found(t, c, Filter{}))
	require.True(t, servable(t, c, rootOf("three")))
	require.True(t, servable(t, c, rootOf("two")))
	require.False(t, servable(t, c, rootOf("one")), "not all of it is here")
	// What is missing is fetched like a pin, and takes nobody's place.
	first := f.Release
	first.Manifest, first.Rev = rootOf("one"), 1
	require.NoError(t, c.SetPinState(ctx, first.Manifest, models.PinFailed, 0, 0, "nobody has it"))
	require.NoError(t, c.RetryOwn(ctx))
	queued, _, err := c.Pins(ctx, "", 0, models.PinQueued)
	require.NoError(t, err)
	require.Len(t, queued, 1, "nobody else asks for it again")
	require.NoError(t, c.SetPinState(ctx, first.Manifest, models.PinFetching, 0, 0, ""))
	require.NoError(t, c.AdmitPin(ctx, first.Manifest, 100, first))
	require.NoError(t, c.PinRelease(ctx, first.Manifest, blocksOf("one", 3), 100, first, renditions()))
	got, err := c.Release(ctx, f.Release.ID)
	require.NoError(t, err)
	require.Equal(t, rootOf("three"), got.Manifest)
	require.True(t, servable(t, c, rootOf("one")))
	noFindings(t, c)

	require.NoError(t, c.DeletePin(ctx, rootOf("three")))
	require.Empty(t, found(t, c, Filter{Scope: ScopeAll}))
	noFindings(t, c)
	everyone := foundAs(far("open"), "open")
	everyone.Open = true
	_, err = c.Rebuild(ctx, everyone)
	require.NoError(t, err)
	require.Equal(t, []string{everyone.Release.ID}, found(t, c, Filter{}))
	require.True(t, servable(t, c, rootOf("open")))
}

// testRebuildKeepsWords: a rebuild of a catalogue that knows something changes
// nothing of it, and what an account's channel signed comes back private.
func testRebuildKeepsWords(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	anna := moderator(t, c, "anna")
	channels, err := c.ChannelsOf(ctx, anna.ID)
	require.NoError(t, err)
	down := far("down")
	require.NoError(t, pin(t, c, down, "down"))
	said(t, c, down.ID, models.ActionTakeDown, "a court said so", anna.ID)
	require.NoError(t, c.DeletePin(ctx, down.Manifest))
	barred := far("barred")
	require.NoError(t, pin(t, c, barred, "barred"))
	block(t, c, models.ActionBlockChannel, 0, barred.ChannelID)
	require.NoError(t, c.DeletePin(ctx, barred.Manifest))
	own, mine := far("own"), published(t, c, anna.ID, models.Release{Title: "Mine"}, "mine")
	own.ChannelID = channels[0].ID
	before, err := c.Release(ctx, mine)
	require.NoError(t, err)
	for _, row := range []struct {
		name       string
		found      Found
		standing   models.Standing
		visibility models.Visibility
	}{
		{"taken down", foundAs(down, "down"), models.StandingTakenDown, models.Public},
		{"of a blocked channel", foundAs(barred, "barred"), models.StandingHidden, models.Public},
		{"of an account", foundAs(own, "own 1", "own 2"), models.StandingGood, models.Private},
		{"published here", foundAs(before, "mine"), models.StandingGood, models.Public},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, open := range []bool{false, true} {
				row.found.Open = open
				_, err := c.Rebuild(ctx, row.found)
				require.NoError(t, err)
				got, err := c.Release(ctx, row.found.Release.ID)
				require.NoError(t, err)
				require.Equal(t, row.standing, got.Standing)
				require.Equal(t, row.visibility, got.Visibility)
				require.Equal(t, !strings.HasPrefix(row.name, "published"), !servable(t, c, row.found.Release.Manifest))
			}
			noFindings(t, c)
		})
	}
	after, err := c.Release(ctx, mine)
	require.NoError(t, err)
	require.Equal(t, before, after)
	_, _, err = c.Decide(ctx, models.Decision{Action: models.ActionUnblockChannel, ChannelID: barred.ChannelID, Reason: "a test", By: anna.ID})
	require.NoError(t, err)
	require.Equal(t, models.StandingReview, standingOf(t, c, barred.ID), "let in again, nobody has approved it")
	require.NoError(t, c.DeleteRelease(ctx, own.ID))
	_, known, err := c.RootServable(ctx, rootOf("own 2"))
	require.NoError(t, err)
	require.False(t, known, "a deleted release leaves a root")
	noFindings(t, c)
}
