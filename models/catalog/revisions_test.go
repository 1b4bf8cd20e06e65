package catalog

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// amended is the next revision of a release whose root and blocks have a label.
func amended(t *testing.T, c *Catalog, id, label string, own int64, blocks ...cid.Cid) error {
	t.Helper()
	r, err := c.Release(t.Context(), id)
	require.NoError(t, err)
	return c.Amend(t.Context(), id, Publication{Root: rootOf(label), Blocks: blocks, Bytes: 100, Duration: r.Duration,
		Rev: r.Rev + 1, Supersedes: r.Manifest, Own: own, Renditions: renditions()})
}

func testRevisions(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "one")
	first := k.now()
	k.pass(time.Hour)
	shared := blocksOf("one", 2)
	require.NoError(t, amended(t, c, id, "two", 9, append(shared, blockOf("two", 7))...))
	r, err := c.Release(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []any{2, rootOf("two"), first, k.now(), int64(100)}, []any{r.Rev, r.Manifest, r.FinalAt, r.RevAt, r.Bytes})
	list, err := c.Revisions(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []models.Revision{
		{Rev: 2, Root: rootOf("two"), Bytes: 100, Duration: time.Minute, PublishedAt: k.now()},
		{Rev: 1, Root: rootOf("one"), Bytes: 9, Duration: time.Minute, PublishedAt: first, EndedAt: k.now()},
	}, list)
	u, err := c.Usage(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(109), u.Releases, "what both hold counts once")
	for rev, label := range map[int]string{1: "one", 2: "two"} {
		root, err := c.RevisionRoot(ctx, id, rev)
		require.NoError(t, err)
		require.Equal(t, rootOf(label), root)
		require.True(t, servable(t, c, root), label)
	}
	announced, _, err := c.AnnouncedRoots(ctx, 0, 100)
	require.NoError(t, err)
	require.Equal(t, []cid.Cid{rootOf("two")}, announced, "only the latest is told of")

	// A late writer does not undo what another has done.
	err = c.Amend(ctx, id, Publication{Root: rootOf("late"), Rev: 3, Supersedes: rootOf("one")})
	var fault *models.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, CodeSuperseded, fault.Code)
	require.ErrorIs(t, c.Amend(ctx, "3zzzzzzzzzzzz", Publication{Root: rootOf("late")}), models.ErrNotFound)

	private, public := models.Private, models.Public
	_, err = c.UpdateRelease(ctx, id, Patch{Visibility: &private})
	require.NoError(t, err)
	require.False(t, servable(t, c, rootOf("one")))
	require.False(t, blockServable(t, c, blockOf("two", 7)))
	_, err = c.UpdateRelease(ctx, id, Patch{Visibility: &public})
	require.NoError(t, err)
	require.NoError(t, c.SetStanding(ctx, id, models.StandingTakenDown, "a court", a.ID, -1))
	require.False(t, servable(t, c, rootOf("one")))
	why, reason, err := c.RootStanding(ctx, rootOf("one"))
	require.NoError(t, err)
	require.Equal(t, []any{models.StandingTakenDown, "a court"}, []any{why, reason})
	require.NoError(t, c.SetStanding(ctx, id, models.StandingGood, "", a.ID, -1))
	require.True(t, servable(t, c, rootOf("one")))
	noFindings(t, c)

	require.ErrorIs(t, c.DeleteRevision(ctx, id, 2), models.ErrInvalid)
	require.NoError(t, c.DeleteRevision(ctx, id, 1))
	require.ErrorIs(t, c.DeleteRevision(ctx, id, 1), models.ErrNotFound)
	require.False(t, servable(t, c, rootOf("one")))
	live, err := c.LiveBlocks(ctx, blocksOf("one", 3))
	require.NoError(t, err)
	require.Len(t, live, 2, "what only it held is garbage")

	for n := range keptRevisions + 3 {
		require.NoError(t, amended(t, c, id, string(rune('a'+n)), 1, shared...))
	}
	list, err = c.Revisions(ctx, id)
	require.NoError(t, err)
	require.Len(t, list, keptRevisions+1)
	require.False(t, servable(t, c, rootOf("two")))
	noFindings(t, c)
	require.NoError(t, c.DeleteRelease(ctx, id))
	for _, r := range list {
		require.False(t, servable(t, c, r.Root))
	}
	live, err = c.LiveBlocks(ctx, shared)
	require.NoError(t, err)
	require.Empty(t, live, "nothing is left")
	noFindings(t, c)
}

func testReplace(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a, b := creator(t, c, "anna"), creator(t, c, "bea")
	id := published(t, c, a.ID, models.Release{Title: "Film", Kind: models.KindTrack}, "old")
	require.NoError(t, c.SetSource(ctx, id, "uploads/old", [32]byte{1}, 5))
	begin := func(account int64, target string) (models.Upload, error) {
		return c.CreateUpload(ctx, models.Upload{AccountID: account, Length: 10}, models.Release{Replaces: target, Title: "x"})
	}
	_, err := begin(b.ID, id)
	require.ErrorIs(t, err, models.ErrNotFound, "it is not hers")
	_, err = begin(a.ID, "3zzzzzzzzzzzz")
	require.ErrorIs(t, err, models.ErrNotFound)
	_, err = begin(a.ID, queued(t, c, a.ID, models.Release{}))
	require.ErrorIs(t, err, models.ErrInvalid)
	u, err := begin(a.ID, id)
	require.NoError(t, err)
	_, err = begin(a.ID, id)
	require.ErrorIs(t, err, models.ErrExists, "one at a time")
	require.NoError(t, c.DeleteUpload(ctx, u.ID))

	u, err = begin(a.ID, id)
	require.NoError(t, err)
	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 10))
	require.NoError(t, c.CompleteUpload(ctx, u.ID))
	require.NoError(t, c.SetSource(ctx, u.ReleaseID, "uploads/new", [32]byte{2}, 10))
	job := claimed(t, c, u.ReleaseID)
	require.NoError(t, c.BeginTranscode(ctx, job, models.KindVideo, time.Hour, 640, 360, renditions()))
	require.NoError(t, c.AddSegments(ctx, u.ReleaseID, []models.Segment{segment("v/360p24", 0)}))
	mine, _, err := c.Releases(ctx, Filter{Viewer: a.ID, Scope: ScopeMine, Query: "film"})
	require.NoError(t, err)
	require.Len(t, mine, 1, "what replaces is in no list")
	running, err := c.Replacements(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, u.ReleaseID, running[id].ID)

	p := Publication{Root: rootOf("new"), Blocks: blocksOf("new", 3), Bytes: 50, Kind: models.KindVideo, Duration: time.Hour,
		Rev: 3, Supersedes: rootOf("old"), Own: 99, Renditions: renditions()}
	require.ErrorIs(t, c.Publish(ctx, job, p), models.ErrExists, "not the next one")
	p.Rev = 2
	require.NoError(t, c.Publish(ctx, job, p))
	r, err := c.Release(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []any{"Film", models.KindVideo, 2, rootOf("new"), models.Public, models.StateFinal},
		[]any{r.Title, r.Kind, r.Rev, r.Manifest, r.Visibility, r.State})
	source, err := c.Source(ctx, id)
	require.NoError(t, err)
	require.Equal(t, Source{"uploads/new", [32]byte{2}, 10}, source)
	held, err := c.SourceHeld(ctx, "uploads/old")
	require.NoError(t, err)
	require.False(t, held)
	got, err := c.Upload(ctx, u.ID)
	require.NoError(t, err)
	require.Equal(t, id, got.ReleaseID)
	_, err = c.Release(ctx, u.ReleaseID)
	require.ErrorIs(t, err, models.ErrNotFound)
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound)
	require.True(t, servable(t, c, rootOf("new")) && servable(t, c, rootOf("old")))
	use, err := c.AccountUsage(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{50, 99, 10}, []int64{use.Published, use.Earlier, use.Originals})
	noFindings(t, c)

	u, err = begin(a.ID, id)
	require.NoError(t, err)
	require.NoError(t, c.DeleteRelease(ctx, id))
	_, err = c.Release(ctx, u.ReleaseID)
	require.ErrorIs(t, err, models.ErrNotFound, "what was to replace it went too")
	require.False(t, servable(t, c, rootOf("new")) || servable(t, c, rootOf("old")))
	noFindings(t, c)
}

func testSchedule(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{}, "film")
	at := k.now().Add(time.Hour)
	plan := func(s Schedule, v *models.Visibility) (models.Release, error) {
		return c.UpdateRelease(ctx, id, Patch{Schedule: &s, Visibility: v})
	}
	_, err := plan(Schedule{At: at, As: models.Private}, nil)
	require.ErrorIs(t, err, models.ErrInvalid)
	r, err := plan(Schedule{At: at, As: models.Public}, nil)
	require.NoError(t, err)
	require.Equal(t, []any{models.Private, at, models.Public}, []any{r.Visibility, r.PublishAt, r.PublishAs})
	require.False(t, servable(t, c, rootOf("film")))
	due, err := c.PublishDue(ctx, at.Add(-time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, due)

	title := "New"
	r, err = c.UpdateRelease(ctx, id, Patch{Title: &title})
	require.NoError(t, err)
	require.Equal(t, at, r.PublishAt, "another edit leaves it")
	unlisted := models.Unlisted
	r, err = c.UpdateRelease(ctx, id, Patch{Visibility: &unlisted})
	require.NoError(t, err)
	require.True(t, r.PublishAt.IsZero(), "a word on visibility ends it")
	_, err = plan(Schedule{At: at, As: models.Unlisted}, nil)
	require.NoError(t, err)
	_, err = plan(Schedule{}, nil)
	require.NoError(t, err)
	due, err = c.PublishDue(ctx, at)
	require.NoError(t, err)
	require.Empty(t, due, "it was called off")

	_, err = plan(Schedule{At: at, As: models.Public}, nil)
	require.NoError(t, err)
	var done atomic.Int64
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			due, err := c.PublishDue(ctx, at)
			done.Add(int64(len(due)))
			return err
		})
	}
	require.NoError(t, g.Wait())
	require.Equal(t, int64(1), done.Load(), "of several servers one does it")
	require.True(t, servable(t, c, rootOf("film")))
	r, err = c.Release(ctx, id)
	require.NoError(t, err)
	require.True(t, r.Listed() && r.PublishAt.IsZero())
}

func testLimits(t *testing.T, open opener) {
	c := open(t, Config{Secret: secret(), Limits: models.Limits{Bytes: 1000, Releases: 3, Jobs: 1}})
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "bea")
	code := func(err error) string {
		var f *models.Fault
		require.ErrorAs(t, err, &f)
		return f.Code
	}
	create := func(account models.Account, length int64) (models.Upload, error) {
		return c.CreateUpload(ctx, models.Upload{AccountID: account.ID, Length: length}, models.Release{})
	}
	_, err := create(a, 1001)
	require.Equal(t, CodeQuota, code(err))
	u, err := create(a, 600)
	require.NoError(t, err)
	_, err = create(a, 401)
	require.Equal(t, CodeQuota, code(err))
	_, err = create(b, 1000)
	require.NoError(t, err, "each has her own")
	deferred, err := create(a, -1)
	require.NoError(t, err)
	require.Equal(t, CodeQuota, code(c.SetUploadLength(ctx, deferred.ID, 401)))
	require.Equal(t, CodeQuota, code(c.AdvanceUpload(ctx, deferred.ID, 401)))
	require.NoError(t, c.AdvanceUpload(ctx, deferred.ID, 400))
	_, err = create(a, 0)
	require.Equal(t, CodeQuota, code(err), "an empty one takes a byte")
	require.NoError(t, c.DeleteUpload(ctx, deferred.ID))

	limit := func(n int64) *int64 { return &n }
	require.ErrorIs(t, c.SetLimits(ctx, 77, OwnLimits{}), models.ErrNotFound)
	require.ErrorIs(t, c.SetLimits(ctx, a.ID, OwnLimits{Jobs: limit(-1)}), models.ErrInvalid)
	require.NoError(t, c.SetLimits(ctx, a.ID, OwnLimits{Bytes: limit(0), Jobs: limit(2)}))
	l, own, err := c.Limits(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, models.Limits{Releases: 3, Jobs: 2}, l)
	require.Nil(t, own.Releases)
	_, err = create(a, 1<<40)
	require.NoError(t, err, "no limit")
	_, err = create(a, 1)
	require.NoError(t, err)
	_, err = create(a, 1)
	require.Equal(t, "too_many_releases", code(err))
	use, err := c.AccountUsage(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, AccountUsage{Uploads: 1<<40 + 601, Releases: 3, Open: 3}, use)
	require.NoError(t, c.DeleteUpload(ctx, u.ID))
	noFindings(t, c)
}

// testLimitsAtOnce: twenty at once that would pass the limit by one byte.
func testLimitsAtOnce(t *testing.T, open opener) {
	c := open(t, Config{Secret: secret(), Limits: models.Limits{Bytes: 1999, Releases: 30}})
	a := creator(t, c, "anna")
	var g errgroup.Group
	var made atomic.Int64
	for i := range 20 {
		g.Go(func() error {
			u := models.Upload{AccountID: a.ID, Length: 100}
			var err error
			if i%2 == 0 {
				_, err = c.CreatePart(context.WithoutCancel(t.Context()), u)
			} else {
				_, err = c.CreateUpload(context.WithoutCancel(t.Context()), u, models.Release{})
			}
			if err == nil {
				made.Add(1)
				return nil
			}
			require.ErrorIs(t, err, models.ErrTooLarge)
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Equal(t, int64(19), made.Load())
	use, err := c.AccountUsage(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, int64(1900), use.Bytes())
}

// testJobLimit: of twelve workers at once two get one of an account's jobs.
func testJobLimit(t *testing.T, open opener) {
	c := open(t, Config{Secret: secret(), Limits: models.Limits{Jobs: 2}})
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "bea")
	for range 6 {
		queued(t, c, a.ID, models.Release{})
	}
	other := queued(t, c, b.ID, models.Release{})
	claim := func() (models.Job, error) { return c.ClaimJob(ctx, "node", "", time.Minute, c.cfg.Now()) }
	jobs := make(chan models.Job, 12)
	var g errgroup.Group
	for range 12 {
		g.Go(func() error {
			job, err := claim()
			if err == nil {
				jobs <- job
				return nil
			}
			require.ErrorIs(t, err, models.ErrNotFound)
			return nil
		})
	}
	require.NoError(t, g.Wait())
	close(jobs)
	var hers []models.Job
	for job := range jobs {
		if job.ReleaseID != other {
			hers = append(hers, job)
		}
	}
	require.Len(t, hers, 2)
	require.NoError(t, c.FailJob(ctx, hers[0], models.Failure{Code: "x"}, nil))
	_, err := claim()
	require.NoError(t, err, "the next one's turn")
	_, err = claim()
	require.ErrorIs(t, err, models.ErrNotFound)
	noFindings(t, c)
}
