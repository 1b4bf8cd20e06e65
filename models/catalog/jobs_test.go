package catalog

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

func testJobs(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	_, err := c.ClaimJob(ctx, "n1", "", time.Minute, k.now())
	require.ErrorIs(t, err, models.ErrNotFound)
	id := queued(t, c, a.ID, models.Release{})
	k.pass(time.Second)
	second := queued(t, c, a.ID, models.Release{})

	job, err := c.ClaimJob(ctx, "n1", "", time.Minute, k.now())
	require.NoError(t, err)
	require.Equal(t, models.Job{ReleaseID: id, State: models.StateTranscoding, Node: "n1", LeaseUntil: k.now().Add(time.Minute), Attempt: 1}, job)
	_, err = c.ClaimJob(ctx, "n2", id, time.Minute, k.now())
	require.ErrorIs(t, err, models.ErrNotFound)
	other, err := c.ClaimJob(ctx, "n2", "", time.Minute, k.now())
	require.NoError(t, err)
	require.Equal(t, second, other.ReleaseID)
	counted, err := c.OpenJobs(ctx)
	require.NoError(t, err)
	require.Equal(t, map[models.State]int{models.StateTranscoding: 2}, counted)

	require.NoError(t, c.RenewJob(ctx, job, k.now().Add(2*time.Minute)))
	k.pass(90 * time.Second)
	taken, err := c.ClaimJob(ctx, "n1", second, time.Minute, k.now())
	require.NoError(t, err, "the lease of the second ran out")
	require.Equal(t, 2, taken.Attempt)
	require.ErrorIs(t, c.RenewJob(ctx, other, k.now()), models.ErrNotFound)
	require.ErrorIs(t, c.ReleaseJob(ctx, other), models.ErrNotFound)
	require.ErrorIs(t, c.Publish(ctx, other, Publication{Root: rootOf("x")}), models.ErrNotFound)

	require.NoError(t, c.ReleaseJob(ctx, job))
	again, err := c.ClaimJob(ctx, "n3", id, time.Minute, k.now())
	require.NoError(t, err)
	require.Equal(t, 1, again.Attempt, "a graceful stop does not count")

	at := k.now().Add(time.Hour)
	require.NoError(t, c.FailJob(ctx, again, models.Failure{Code: "disk_full", Text: "No space."}, &at))
	_, err = c.ClaimJob(ctx, "n3", id, time.Minute, k.now())
	require.ErrorIs(t, err, models.ErrNotFound)
	k.pass(time.Hour)
	again, err = c.ClaimJob(ctx, "n3", id, time.Minute, k.now())
	require.NoError(t, err)
	require.Equal(t, "disk_full: No space.", again.Reason)
	require.Equal(t, 2, again.Attempt)
	require.NoError(t, c.FailJob(ctx, again, models.Failure{Code: "bad", Text: "Broken."}, nil))
	r, err := c.Release(ctx, id)
	require.NoError(t, err)
	require.Equal(t, models.StateFailed, r.State)
	require.Equal(t, &models.Failure{Code: "bad", Text: "Broken."}, r.Failure)
	noFindings(t, c)
}

func testJobRace(t *testing.T, open opener) {
	c := plain(t, open)
	a := creator(t, c, "anna")
	for range 5 {
		id := queued(t, c, a.ID, models.Release{})
		var won atomic.Int32
		var g errgroup.Group
		for range 8 {
			g.Go(func() error {
				_, err := c.ClaimJob(t.Context(), "n", id, time.Minute, time.Now())
				if err == nil {
					won.Add(1)
					return nil
				}
				require.ErrorIs(t, err, models.ErrNotFound)
				return nil
			})
		}
		require.NoError(t, g.Wait())
		require.EqualValues(t, 1, won.Load())
	}
}

func testJobEnds(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	id := queued(t, c, a.ID, models.Release{})
	require.ErrorIs(t, c.RetryRelease(ctx, id), models.ErrInvalid)
	job := claimed(t, c, id)
	require.NoError(t, c.CancelRelease(ctx, id))
	require.NoError(t, c.CancelRelease(ctx, id))
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound)
	require.ErrorIs(t, c.SetProgress(ctx, id, 1, 0), models.ErrNotFound)
	require.ErrorIs(t, c.AddSegments(ctx, id, []models.Segment{segment("v/360p24", 0)}), models.ErrNotFound)
	require.ErrorIs(t, c.BeginTranscode(ctx, job, models.KindVideo, 0, 0, 0, nil), models.ErrNotFound)
	require.ErrorIs(t, c.Publish(ctx, job, Publication{Root: rootOf("x")}), models.ErrNotFound)
	require.NoError(t, c.RetryRelease(ctx, id))
	require.Equal(t, 1, claimed(t, c, id).Attempt)
	require.ErrorIs(t, c.CancelRelease(ctx, "nope"), models.ErrNotFound)
	require.ErrorIs(t, c.RetryRelease(ctx, "nope"), models.ErrNotFound)

	done := published(t, c, a.ID, models.Release{}, "done")
	require.ErrorIs(t, c.CancelRelease(ctx, done), models.ErrInvalid)
	require.ErrorIs(t, c.RetryRelease(ctx, done), models.ErrInvalid)
	got, err := c.Job(ctx, done)
	require.NoError(t, err)
	require.Equal(t, models.StateFinal, got.State)
	noFindings(t, c)
}

func testReclaim(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	id := queued(t, c, a.ID, models.Release{})
	job := claimed(t, c, id)
	none, err := c.ReclaimNode(ctx, "another")
	require.NoError(t, err)
	require.Empty(t, none)
	orphans, err := c.ReclaimNode(ctx, "node")
	require.NoError(t, err)
	require.Len(t, orphans, 1)
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound)
	require.Equal(t, 2, claimed(t, c, id).Attempt, "a crash counts")
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound, "the same node, but an earlier attempt")
	noFindings(t, c)
}

func testWake(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	id := queued(t, c, a.ID, models.Release{})
	n, err := c.WakeQueued(ctx, k.now())
	require.NoError(t, err)
	require.Zero(t, n, "River has it already")
	require.NoError(t, c.db(ctx).Exec("UPDATE river_job SET state = 'running'").Error)
	for _, want := range []int{1, 0} {
		n, err = c.WakeQueued(ctx, k.now())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	claimed(t, c, id)
	require.NoError(t, c.db(ctx).Exec("UPDATE river_job SET state = 'running'").Error)
	n, err = c.WakeQueued(ctx, k.now())
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = c.WakeQueued(ctx, k.now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n, "the lease ran out")
}

type wakeWorker struct {
	river.WorkerDefaults[ReleaseArgs]
	woken chan string
}

func (w *wakeWorker) Work(_ context.Context, job *river.Job[ReleaseArgs]) error {
	w.woken <- job.Args.ReleaseID
	return nil
}

func testRiver(t *testing.T, open opener) {
	c := plain(t, open)
	a := creator(t, c, "anna")
	w := &wakeWorker{woken: make(chan string, 10)}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := c.RiverClient(workers, 2)
	require.NoError(t, err)
	require.NoError(t, client.Start(t.Context()))
	defer func() { require.NoError(t, client.StopAndCancel(context.WithoutCancel(t.Context()))) }()
	soon := 5 * time.Second
	if raceEnabled {
		soon = 10 * time.Second
	}
	for range 3 {
		id := queued(t, c, a.ID, models.Release{})
		start := time.Now()
		select {
		case got := <-w.woken:
			require.Equal(t, id, got)
			t.Logf("woken after %v", time.Since(start))
		case <-time.After(soon):
			t.Fatalf("no worker woke within %v", soon)
		}
	}
}
