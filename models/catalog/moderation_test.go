package catalog

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// block blocks an account or channel, or lets it in, in the words of account 1.
func block(t *testing.T, c *Catalog, action models.Action, account int64, channel string) {
	t.Helper()
	_, _, err := c.Decide(t.Context(), models.Decision{Action: action, AccountID: account, ChannelID: channel, Reason: "a test", By: 1})
	require.NoError(t, err)
}

func moderator(t *testing.T, c *Catalog, name string) models.Account {
	t.Helper()
	a, _, _, err := c.CreateAccount(t.Context(), name, models.RoleModerator, "")
	require.NoError(t, err)
	return a
}

// said is a decision on a release as one that knows all of its trail makes it.
func said(t *testing.T, c *Catalog, release string, action models.Action, reason string, by int64) models.TrailEntry {
	t.Helper()
	seen, err := c.LastEntry(t.Context(), release)
	require.NoError(t, err)
	entry, _, err := c.Decide(t.Context(), models.Decision{Action: action, ReleaseID: release, Reason: reason, By: by, Seen: seen})
	require.NoError(t, err)
	return entry
}

func waiting(t *testing.T, c *Catalog, kind models.CaseKind) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := c.Cases(t.Context(), CaseFilter{Kind: kind, Cursor: cursor, Limit: 2})
		require.NoError(t, err)
		for _, k := range page {
			ids = append(ids, k.Release.ID)
		}
		if cursor = next; next == "" {
			return ids
		}
	}
}

func standingOf(t *testing.T, c *Catalog, id string) models.Standing {
	t.Helper()
	r, err := c.Release(t.Context(), id)
	require.NoError(t, err)
	return r.Standing
}

func faultCode(t *testing.T, err error, code string) {
	t.Helper()
	var f *models.Fault
	require.ErrorAs(t, err, &f)
	require.Equal(t, code, f.Code)
}

func testReports(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
	first, second := published(t, c, a.ID, models.Release{}, "one"), published(t, c, a.ID, models.Release{}, "two")
	k.pass(time.Second)
	for _, bad := range []models.Report{
		{ReleaseID: first, Reason: "because"}, {ReleaseID: first, Reason: models.ReportOther},
		{ReleaseID: first, Reason: models.ReportOther, Text: " \x00"},
	} {
		_, err := c.Report(ctx, bad)
		require.ErrorIs(t, err, models.ErrInvalid)
	}
	_, err := c.Report(ctx, models.Report{ReleaseID: first, Reason: models.ReportSpam, Text: strings.Repeat("é", 2001)})
	require.ErrorIs(t, err, models.ErrTooLarge)
	_, err = c.Report(ctx, models.Report{ReleaseID: "nope", Reason: models.ReportSpam})
	require.ErrorIs(t, err, models.ErrNotFound)

	var taken atomic.Int32
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			if _, err := c.Report(ctx, models.Report{ReleaseID: second, AccountID: lena.ID, Reason: models.ReportHate, Text: strings.Repeat("é", 2000)}); err == nil {
				taken.Add(1)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 1, taken.Load(), "an account has one open report of a release")
	_, err = c.Report(ctx, models.Report{ReleaseID: second, AccountID: lena.ID, Reason: models.ReportSpam})
	faultCode(t, err, "reported_already")
	for range maxOpenReports - 1 {
		_, err = c.Report(ctx, models.Report{ReleaseID: second, Reason: models.ReportCopyright})
		require.NoError(t, err)
	}
	_, err = c.Report(ctx, models.Report{ReleaseID: second, Reason: models.ReportCopyright})
	faultCode(t, err, "reported_enough")

	require.Equal(t, []string{second, first}, waiting(t, c, ""), "what was reported comes before what is new")
	require.Equal(t, []string{first}, waiting(t, c, models.CaseNew))
	page, _, err := c.Cases(ctx, CaseFilter{Kind: models.CaseReport})
	require.NoError(t, err)
	require.Len(t, page[0].Reports, maxCaseReports)
	require.Equal(t, maxOpenReports, page[0].Count)
	require.Equal(t, "lena", page[0].Reports[0].Reporter)
	counts, err := c.CountCases(ctx)
	require.NoError(t, err)
	require.Equal(t, map[models.CaseKind]int{models.CaseNew: 1, models.CaseReport: 1}, counts)
	_, _, err = c.Cases(ctx, CaseFilter{Cursor: "1/x/" + first})
	require.ErrorIs(t, err, models.ErrInvalid)

	dismissed := said(t, c, second, models.ActionDismiss, "", lena.ID)
	require.Equal(t, models.CaseReport, dismissed.Answers)
	require.Equal(t, []string{first}, waiting(t, c, ""))
	_, err = c.Report(ctx, models.Report{ReleaseID: second, AccountID: lena.ID, Reason: models.ReportSpam})
	require.NoError(t, err, "once again, as the other was answered")
	said(t, c, second, models.ActionUndo, "", lena.ID)
	page, _, err = c.Cases(ctx, CaseFilter{Kind: models.CaseReport})
	require.NoError(t, err)
	require.Equal(t, maxOpenReports, page[0].Count, "undone: the others wait again, beside lena's new one")
	require.NoError(t, c.DeleteRelease(ctx, second))
	require.Equal(t, []string{first}, waiting(t, c, ""))
}

// testDecisions walks one release through every decision and back.
func testDecisions(t *testing.T, open opener) {
	c, _ := timed(t, open)
	ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
	id := published(t, c, a.ID, models.Release{Title: "A film"}, "one")
	for _, step := range []struct {
		action models.Action
		reason string
		want   models.Standing
		wrote  models.Action
		waits  bool
	}{
		{models.ActionRestore, "", models.StandingGood, models.ActionApprove, false},
		{models.ActionUndo, "", models.StandingGood, models.ActionUndo, true},
		{models.ActionHide, "for now", models.StandingHidden, models.ActionHide, false},
		{models.ActionTakeDown, "a claim", models.StandingTakenDown, models.ActionTakeDown, false},
		{models.ActionUndo, "", models.StandingHidden, models.ActionUndo, false},
		{models.ActionRestore, "a mistake", models.StandingGood, models.ActionRestore, false},
		{models.ActionTakeDown, "a claim", models.StandingTakenDown, models.ActionTakeDown, false},
		{models.ActionRestore, "", models.StandingGood, models.ActionRestore, false},
		{models.ActionUndo, "", models.StandingTakenDown, models.ActionUndo, false},
	} {
		entry := said(t, c, id, step.action, step.reason, lena.ID)
		require.Equal(t, step.wrote, entry.Action)
		require.Equal(t, "lena", entry.ByName)
		require.Equal(t, "A film", entry.Title)
		require.Equal(t, step.want, standingOf(t, c, id), step.action)
		require.Equal(t, step.want == models.StandingGood, servable(t, c, rootOf("one")), step.action)
		require.Equal(t, step.want == models.StandingGood, blockServable(t, c, blockOf("one", 1)), step.action)
		require.Equal(t, step.waits, len(waiting(t, c, "")) == 1, step.action)
		noFindings(t, c)
	}
	_, reason, err := c.RootStanding(ctx, rootOf("one"))
	require.NoError(t, err)
	require.Equal(t, "a claim", reason, "undone, the word of before holds with its reason")
	word, err := lastWord(c.db(ctx), id)
	require.NoError(t, err)
	require.Equal(t, wordRow{"taken_down", "a claim"}, word)

	seen, err := c.LastEntry(ctx, id)
	require.NoError(t, err)
	decide := func(d models.Decision) error { _, _, err := c.Decide(ctx, d); return err }
	faultCode(t, decide(models.Decision{Action: models.ActionUndo, ReleaseID: id, By: lena.ID, Seen: seen}), "not_undoable")
	faultCode(t, decide(models.Decision{Action: models.ActionTakeDown, ReleaseID: id, Reason: "a claim", By: lena.ID, Seen: seen}), "already_so")
	faultCode(t, decide(models.Decision{Action: models.ActionHide, ReleaseID: id, By: lena.ID}), "decided_meanwhile")
	faultCode(t, decide(models.Decision{Action: models.ActionAppeal, ReleaseID: id, By: lena.ID, Seen: seen}), "action")
	require.ErrorIs(t, decide(models.Decision{Action: models.ActionHide, ReleaseID: "nope", By: lena.ID}), models.ErrNotFound)
	require.ErrorIs(t, decide(models.Decision{Action: models.ActionHide, ReleaseID: id, Reason: strings.Repeat("x", 2001), Seen: seen}), models.ErrTooLarge)

	var won atomic.Int32
	var g errgroup.Group
	for _, action := range []models.Action{models.ActionHide, models.ActionRestore, models.ActionDismiss, models.ActionHide} {
		g.Go(func() error {
			err := decide(models.Decision{Action: action, ReleaseID: id, By: lena.ID, Seen: seen})
			if err == nil {
				won.Add(1)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 1, won.Load(), "of moderators who decide at once one wins")
}

func testTrail(t *testing.T, open opener) {
	c, _ := timed(t, open)
	ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
	id := published(t, c, a.ID, models.Release{}, "one")
	said(t, c, id, models.ActionHide, "<script>", lena.ID)
	block(t, c, models.ActionBlockAccount, a.ID, "")
	said(t, c, id, models.ActionDismiss, "", lena.ID)
	all, next, err := c.Trail(ctx, TrailFilter{Limit: 2})
	require.NoError(t, err)
	rest, end, err := c.Trail(ctx, TrailFilter{Limit: 2, Cursor: next})
	require.NoError(t, err)
	require.Empty(t, end)
	all = append(all, rest...)
	require.Equal(t, []models.Action{models.ActionDismiss, models.ActionBlockAccount, models.ActionHide},
		[]models.Action{all[0].Action, all[1].Action, all[2].Action})
	require.Equal(t, "anna", all[1].Account)
	for _, f := range []TrailFilter{{AccountID: a.ID}, {ReleaseID: id, Limit: 1, Cursor: "3"}} {
		some, _, err := c.Trail(ctx, f)
		require.NoError(t, err)
		require.Len(t, some, 1)
	}
	_, _, err = c.Trail(ctx, TrailFilter{Cursor: "x"})
	require.ErrorIs(t, err, models.ErrInvalid)

	for _, query := range []string{"UPDATE moderation SET reason = 'nothing'", "DELETE FROM moderation", "DELETE FROM moderation WHERE id = 1"} {
		require.Error(t, c.write(ctx, query), query)
	}
	if _, ok := c.dialect.(*postgres); ok {
		require.Error(t, c.write(ctx, "TRUNCATE moderation"))
	}
	require.NoError(t, c.DeleteRelease(ctx, id))
	after, _, err := c.Trail(ctx, TrailFilter{})
	require.NoError(t, err)
	require.Len(t, after, 3)
	require.Equal(t, "<script>", after[2].Reason)
}

// testBlocking: releases are hidden and come back with account and channel, but
// for those on which moderators had a word of their own.
func testBlocking(t *testing.T, open opener) {
	c, _ := timed(t, open)
	ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
	good := published(t, c, a.ID, models.Release{}, "good")
	hidden, down := published(t, c, a.ID, models.Release{}, "hidden"), published(t, c, a.ID, models.Release{}, "down")
	said(t, c, hidden, models.ActionHide, "mine", lena.ID)
	growing := queued(t, c, a.ID, models.Release{})
	channels, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	channel := channels[0].ID
	decide := func(action models.Action, account int64, channel string) error {
		_, _, err := c.Decide(ctx, models.Decision{Action: action, AccountID: account, ChannelID: channel, By: lena.ID})
		return err
	}
	states := func(want ...models.Standing) {
		t.Helper()
		for i, id := range []string{good, hidden, down, growing} {
			require.Equal(t, want[i], standingOf(t, c, id), i)
		}
		require.Equal(t, want[0] == models.StandingGood, servable(t, c, rootOf("good")))
		noFindings(t, c)
	}
	g, h, td := models.StandingGood, models.StandingHidden, models.StandingTakenDown
	states(g, h, g, g)
	_, roots, err := c.Decide(ctx, models.Decision{Action: models.ActionBlockAccount, AccountID: a.ID, By: lena.ID})
	require.NoError(t, err)
	require.Len(t, roots, 3)
	states(h, h, h, h)
	require.Empty(t, waiting(t, c, ""), "what is hidden with its account does not wait")
	require.NoError(t, c.Publish(ctx, claimed(t, c, growing), Publication{Root: rootOf("grown"), Blocks: blocksOf("grown", 1), Bytes: 1}))
	require.False(t, servable(t, c, rootOf("grown")), "what was under way becomes final unseen")
	faultCode(t, decide(models.ActionBlockAccount, a.ID, ""), "already_so")
	require.ErrorIs(t, decide(models.ActionBlockAccount, 99, ""), models.ErrNotFound)
	said(t, c, down, models.ActionTakeDown, "claim", lena.ID)
	seen, err := c.LastEntry(ctx, good)
	require.NoError(t, err)
	_, _, err = c.Decide(ctx, models.Decision{Action: models.ActionRestore, ReleaseID: good, By: lena.ID, Seen: seen})
	faultCode(t, err, "blocked")
	require.NoError(t, decide(models.ActionBlockChannel, 0, channel))
	require.NoError(t, decide(models.ActionUnblockAccount, a.ID, ""))
	states(h, h, td, h)
	_, err = c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 1}, models.Release{})
	faultCode(t, err, "channel_blocked")
	said(t, c, down, models.ActionUndo, "", lena.ID)
	states(h, h, h, h)
	require.NoError(t, decide(models.ActionUnblockChannel, 0, channel))
	states(g, h, g, g)
	require.True(t, servable(t, c, rootOf("grown")))
	require.Contains(t, waiting(t, c, models.CaseNew), good)
	require.Contains(t, waiting(t, c, models.CaseNew), growing, "what became final meanwhile is still to be looked at")
	faultCode(t, decide(models.ActionUnblockChannel, 0, channel), "already_so")
	require.ErrorIs(t, decide(models.ActionBlockChannel, 0, "k51none"), models.ErrNotFound)
}

// testBlockedChannelElsewhere: another node's channel stays blocked though
// nothing of it is left, and what is pinned of it later is hidden.
func testBlockedChannelElsewhere(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx := t.Context()
	far := func(label string) models.Release {
		k.pass(time.Second)
		return models.Release{ID: models.NewTID(k.now()), ChannelID: "k51far", ChannelName: "Far", Manifest: rootOf(label)}
	}
	pin := func(r models.Release, label string) {
		t.Helper()
		_, err := c.PutPin(ctx, r.Manifest)
		require.NoError(t, err)
		require.NoError(t, c.PinRelease(ctx, r.Manifest, blocksOf(label, 2), 9, r, nil))
	}
	first := far("first")
	pin(first, "first")
	require.True(t, servable(t, c, first.Manifest))
	require.Equal(t, []string{first.ID}, waiting(t, c, models.CaseNew))
	block(t, c, models.ActionBlockChannel, 0, "k51far")
	require.False(t, servable(t, c, first.Manifest))
	require.NoError(t, c.DeletePin(ctx, first.Manifest))
	second := far("second")
	pin(second, "second")
	require.False(t, servable(t, c, second.Manifest))
	require.False(t, blockServable(t, c, blockOf("second", 0)))
	block(t, c, models.ActionUnblockChannel, 0, "k51far")
	require.True(t, servable(t, c, second.Manifest))
	noFindings(t, c)
}

func testAppeals(t *testing.T, open opener) {
	c, _ := timed(t, open)
	ctx, a, b, lena := t.Context(), creator(t, c, "anna"), creator(t, c, "ben"), moderator(t, c, "lena")
	id := published(t, c, a.ID, models.Release{}, "one")
	appeal := func(decision, by int64, text string) error {
		_, err := c.Appeal(ctx, id, decision, text, by)
		return err
	}
	approved := said(t, c, id, models.ActionRestore, "", lena.ID)
	faultCode(t, appeal(approved.ID, a.ID, "but"), "not_answerable")
	old := said(t, c, id, models.ActionHide, "", lena.ID)
	word := said(t, c, id, models.ActionTakeDown, "a claim", lena.ID)
	for _, bad := range []error{appeal(old.ID, a.ID, "but"), appeal(word.ID, b.ID, "but"), appeal(word.ID, a.ID, " \n"), appeal(99, a.ID, "but")} {
		require.ErrorIs(t, bad, models.ErrInvalid)
	}
	require.ErrorIs(t, appeal(word.ID, a.ID, strings.Repeat("x", 2001)), models.ErrTooLarge)
	require.Empty(t, waiting(t, c, ""))
	var taken atomic.Int32
	var g errgroup.Group
	for range 6 {
		g.Go(func() error {
			if appeal(word.ID, a.ID, "I made it myself") == nil {
				taken.Add(1)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 1, taken.Load(), "a decision is answered once")
	faultCode(t, appeal(word.ID, a.ID, "again"), "answered")
	page, _, err := c.Cases(ctx, CaseFilter{Kind: models.CaseAppeal})
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, "I made it myself", page[0].Last.Reason)
	require.Equal(t, word.ID, page[0].Last.Refers)
	require.Equal(t, word.ID, page[0].Decision.ID)
	upheld := said(t, c, id, models.ActionDismiss, "it is not", lena.ID)
	require.Equal(t, models.CaseAppeal, upheld.Answers)
	require.Equal(t, models.StandingTakenDown, standingOf(t, c, id))
	faultCode(t, appeal(word.ID, a.ID, "again"), "answered")
	require.Empty(t, waiting(t, c, ""))

	mine := published(t, c, a.ID, models.Release{}, "two")
	require.NoError(t, c.SetStanding(ctx, mine, models.StandingTakenDown, "Withdrawn", a.ID, -1))
	require.Equal(t, []string{mine}, waiting(t, c, ""), "withdrawing answers nothing")
	own, err := c.LastEntry(ctx, mine)
	require.NoError(t, err)
	_, err = c.Appeal(ctx, mine, own, "me", a.ID)
	faultCode(t, err, "not_answerable")
	faultCode(t, c.SetStanding(ctx, mine, models.StandingGood, "", a.ID, own-1), "decided_meanwhile")
	trail, err := c.TrailOf(ctx, mine, "k51none")
	require.NoError(t, err)
	require.Equal(t, models.ActionWithdraw, trail[0].Action)
}

func testReview(t *testing.T, open opener) {
	for _, mode := range []models.Review{models.ReviewOff, models.ReviewNew, models.ReviewAll} {
		c := open(t, Config{Secret: secret(), Review: mode})
		ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
		good, review := models.StandingGood, models.StandingReview
		first := published(t, c, a.ID, models.Release{}, "first")
		private := published(t, c, a.ID, models.Release{Visibility: models.Private}, "private")
		theirs := published(t, c, lena.ID, models.Release{}, "theirs")
		require.Equal(t, good, standingOf(t, c, theirs), "moderators' own never wait")
		if mode == models.ReviewOff {
			require.Equal(t, good, standingOf(t, c, first))
			require.Equal(t, []string{first}, waiting(t, c, models.CaseNew))
			continue
		}
		require.Equal(t, review, standingOf(t, c, first))
		require.False(t, servable(t, c, rootOf("first")))
		announced, err := c.RootAnnounced(ctx, rootOf("first"))
		require.NoError(t, err)
		require.False(t, announced)
		require.Equal(t, []string{first}, waiting(t, c, ""))
		_, err = c.UpdateRelease(ctx, private, Patch{Visibility: to(models.Public)})
		require.NoError(t, err)
		require.Equal(t, review, standingOf(t, c, private))
		require.Equal(t, []string{first, private}, waiting(t, c, models.CaseReview))
		seen, err := c.LastEntry(ctx, first)
		require.NoError(t, err)
		_, _, err = c.Decide(ctx, models.Decision{Action: models.ActionDismiss, ReleaseID: first, By: lena.ID, Seen: seen})
		faultCode(t, err, "in_review")
		require.Equal(t, models.ActionApprove, said(t, c, first, models.ActionRestore, "", lena.ID).Action)
		require.True(t, servable(t, c, rootOf("first")))
		next := published(t, c, a.ID, models.Release{}, "next")
		require.Equal(t, map[models.Review]models.Standing{models.ReviewNew: good, models.ReviewAll: review}[mode], standingOf(t, c, next))
		_, err = c.UpdateRelease(ctx, first, Patch{Visibility: to(models.Private)})
		require.NoError(t, err)
		_, err = c.UpdateRelease(ctx, first, Patch{Visibility: to(models.Unlisted)})
		require.NoError(t, err)
		require.Equal(t, good, standingOf(t, c, first), "once approved, it stays so")
		noFindings(t, c)
	}
}

// testReviewLater: what was private and good before reviews were asked for waits
// once others are to see it.
func testReviewLater(t *testing.T, open opener) {
	c := plain(t, open)
	a := creator(t, c, "anna")
	private := published(t, c, a.ID, models.Release{Visibility: models.Private}, "private")
	require.Empty(t, waiting(t, c, ""))
	c.cfg.Review = models.ReviewAll
	_, err := c.UpdateRelease(t.Context(), private, Patch{Visibility: to(models.Public)})
	require.NoError(t, err)
	require.Equal(t, models.StandingReview, standingOf(t, c, private))
	require.False(t, servable(t, c, rootOf("private")))
	require.Equal(t, []string{private}, waiting(t, c, models.CaseReview))
}

func to[T any](v T) *T { return &v }

func testLookalikes(t *testing.T, open opener) {
	c, _ := timed(t, open)
	ctx, a, lena := t.Context(), creator(t, c, "anna"), moderator(t, c, "lena")
	kept := models.Likeness{Sound: []uint32{1, 1 << 31}, Pictures: []uint64{7, 1 << 63}}
	like := func(label string) string {
		id := queued(t, c, a.ID, models.Release{Title: label})
		require.NoError(t, c.Publish(ctx, claimed(t, c, id), Publication{Root: rootOf(label), Blocks: blocksOf(label, 1), Likeness: kept}))
		return id
	}
	first, second := like("first"), like("second")
	plain := published(t, c, a.ID, models.Release{}, "plain")
	ask := func(id string) []models.Lookalike {
		t.Helper()
		found, err := c.Lookalikes(ctx, id, func(x, y models.Likeness) (float64, float64, bool) {
			require.Equal(t, kept, x)
			require.Equal(t, kept, y)
			return 0.5, 1, true
		})
		require.NoError(t, err)
		return found
	}
	require.Empty(t, ask(second), "compared only with what was taken down")
	said(t, c, first, models.ActionHide, "", lena.ID)
	require.Empty(t, ask(second))
	said(t, c, first, models.ActionTakeDown, "a claim", lena.ID)
	want := []models.Lookalike{{ReleaseID: first, Title: "first", Reason: "a claim", Sound: 0.5, Pictures: 1}}
	require.Equal(t, want, ask(second))
	require.Empty(t, ask(first))
	require.Empty(t, ask(plain))
	require.NoError(t, c.DeleteRelease(ctx, first))
	require.Equal(t, want, ask(second), "also when it is gone")
	require.NoError(t, c.SetStanding(ctx, second, models.StandingTakenDown, "Withdrawn", a.ID, -1))
	require.Empty(t, ask(like("third"))[1:], "a creator's own withdrawal is no takedown")
	require.NoError(t, c.DeleteRelease(ctx, second))
	n, err := one[int](c.db(ctx), "SELECT count(*) FROM likenesses")
	require.NoError(t, err)
	require.Equal(t, 2, n)
}
