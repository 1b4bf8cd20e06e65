package ingest

import (
	"context"
	"errors"
	"os"
	"time"

	"runnel/models"
)

// settleTime is how long the end of an attempt may take to be recorded.
const settleTime = 15 * time.Second

// work carries out one attempt under a lease and records how it ended.
func (w *Worker) work(ctx context.Context, job models.Job) {
	began := w.cfg.Now()
	w.deps.Counters.begun()
	held, stop := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		w.keep(held, stop, job)
	}()
	err := w.attempt(held, job)
	end, failure := judge(held, err)
	stop(nil)
	<-kept
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	end = w.record(settle, job, end, failure)
	took := w.cfg.Now().Sub(began)
	w.deps.Counters.ended(end, took)
	w.report(job, end, failure, err, took)
}

// attempt refuses a job that has killed its process too often.
func (w *Worker) attempt(ctx context.Context, job models.Job) error {
	if job.Attempt > crashes {
		return models.NewFault(models.ErrInvalid, internal.Code, internal.Text)
	}
	return w.process(ctx, job)
}

// keep renews the lease while the work goes on, and ends the work when the
// lease is lost.
func (w *Worker) keep(ctx context.Context, stop context.CancelCauseFunc, job models.Job) {
	t := time.NewTicker(w.cfg.Watch)
	defer t.Stop()
	until := w.cfg.Now().Add(w.cfg.Lease)
	renewed := w.cfg.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		err := w.still(ctx, job)
		if now := w.cfg.Now(); err == nil && now.Sub(renewed) >= w.cfg.Renew {
			if err = w.deps.Catalog.RenewJob(ctx, job, now.Add(w.cfg.Lease)); err == nil {
				renewed, until = now, now.Add(w.cfg.Lease)
			}
		}
		if errors.Is(err, models.ErrNotFound) || err != nil && w.cfg.Now().After(until) {
			stop(errLeaseLost)
			return
		}
	}
}

// still reports models.ErrNotFound when the job is not ours any more.
func (w *Worker) still(ctx context.Context, job models.Job) error {
	now, err := w.deps.Catalog.Job(ctx, job.ReleaseID)
	if err == nil && (now.State != models.StateTranscoding || now.Node != job.Node || now.Attempt != job.Attempt) {
		return models.ErrNotFound
	}
	return err
}

// record writes the attempt's end down. A job that can try again does.
func (w *Worker) record(ctx context.Context, job models.Job, end outcome, failure models.Failure) outcome {
	var err error
	switch end {
	case stopped:
		err = w.deps.Catalog.ReleaseJob(ctx, job)
	case refused:
		err = w.deps.Catalog.FailJob(ctx, job, failure, nil)
	case broken:
		var again *time.Time
		if job.Attempt < w.cfg.Attempts {
			at := w.cfg.Now().Add(w.cfg.Backoff(job.Attempt))
			again = &at
		} else {
			end = refused
		}
		err = w.deps.Catalog.FailJob(ctx, job, failure, again)
	}
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		w.log.Error("job end not recorded", "release", job.ReleaseID, "err", err) // the lease runs out by itself
		return end
	}
	if end == succeeded || end == refused || err != nil || end == taken && w.ended(ctx, job.ReleaseID) {
		w.removeFolder(job.ReleaseID)
	}
	return end
}

// ended reports whether nobody will work on the release any more.
func (w *Worker) ended(ctx context.Context, release string) bool {
	job, err := w.deps.Catalog.Job(ctx, release)
	return errors.Is(err, models.ErrNotFound) || err == nil && job.State.Ended()
}

func (w *Worker) removeFolder(release string) {
	if err := os.RemoveAll(w.folder(release)); err != nil {
		w.log.Warn("job folder not removed", "release", release, "err", err)
	}
}

// report writes the attempt's one line.
func (w *Worker) report(job models.Job, end outcome, f models.Failure, err error, took time.Duration) {
	line := w.log.With("release", job.ReleaseID, "attempt", job.Attempt, "took", took.Round(time.Millisecond))
	switch end {
	case succeeded:
		line.Info("job done")
	case stopped:
		line.Info("job put back")
	case taken:
		line.Info("job given up", "why", "cancelled, deleted or taken by another worker")
	case refused:
		line.Warn("job failed", "code", f.Code, "err", err)
	case broken:
		line.Warn("job will be tried again", "code", f.Code, "err", err)
	}
}
