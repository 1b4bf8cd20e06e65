package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"runnel/models"
	"runnel/models/catalog"
)

const (
	// stopTime is how long a stopping worker waits for its jobs to go back.
	stopTime = 20 * time.Second
	// crashes is how often a job is taken again after its process died. Beyond
	// it the job itself is what kills the process.
	crashes = 50
)

// Run works until ctx ends, then gives its jobs back and returns nil. At start
// it takes back at once what this node held when it died.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.recover(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("ingest: start: %w", err)
	}
	jobs, stopJobs := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopJobs(errShutdown)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(_ context.Context, j *river.Job[catalog.ReleaseArgs]) error {
		return w.wake(jobs, j.Args.ReleaseID)
	}))
	client, err := w.deps.Catalog.RiverClient(workers, w.cfg.Parallel)
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("ingest: start: %w", err)
	}
	w.tick(ctx)
	stopJobs(errShutdown)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := client.Stop(stopping); err != nil {
		return fmt.Errorf("ingest: stop: %w", err)
	}
	return nil
}

// recover puts right what an earlier process of this node left behind.
func (w *Worker) recover(ctx context.Context) error {
	orphans, err := w.deps.Catalog.ReclaimNode(ctx, w.cfg.Node)
	if err != nil {
		return err
	}
	for _, j := range orphans {
		w.log.Info("job taken back", "release", j.ReleaseID, "attempt", j.Attempt)
	}
	if err := w.sweepFolders(ctx); err != nil {
		return err
	}
	_, err = w.deps.Catalog.WakeQueued(ctx, w.cfg.Now())
	return err
}

// tick looks for work that nobody holds and for what has grown old.
func (w *Worker) tick(ctx context.Context) {
	t := time.NewTicker(w.cfg.Sweep)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		_, err := w.deps.Catalog.WakeQueued(ctx, w.cfg.Now())
		if err == nil {
			err = w.deps.Catalog.SweepSegments(ctx, w.cfg.Now())
		}
		if err != nil && ctx.Err() == nil {
			w.log.Error("job sweep", "err", err)
		}
	}
}

// wake takes the job of a release, if there is one to take, and works on it.
// River is told nothing but that it has delivered its message.
func (w *Worker) wake(ctx context.Context, release string) error {
	if ctx.Err() != nil {
		return nil // WakeQueued sends the message again
	}
	job, err := w.deps.Catalog.ClaimJob(ctx, w.cfg.Node, release, w.cfg.Lease, w.cfg.Now())
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		w.log.Error("job not claimed", "release", release, "err", err)
		return nil
	}
	w.work(ctx, job)
	return nil
}
