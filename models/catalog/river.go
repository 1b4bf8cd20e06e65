package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"gorm.io/gorm"
)

// ReleaseArgs are the arguments of the River job that wakes a worker for a
// release. River knows nothing of leases: the worker asks ClaimJob, and goes
// back to sleep on models.ErrNotFound.
type ReleaseArgs struct {
	ReleaseID string `json:"release_id"`
}

// Kind names the job in River's tables.
func (ReleaseArgs) Kind() string { return "transcode" }

// JobRunner is a River client that works jobs, on whichever engine.
type JobRunner interface {
	// Start begins to fetch jobs until ctx ends or Stop is called.
	Start(ctx context.Context) error
	// Stop fetches no more and waits for those that run.
	Stop(ctx context.Context) error
	// StopAndCancel also cancels the contexts of those that run.
	StopAndCancel(ctx context.Context) error
	// Stopped is closed once everything has ended.
	Stopped() <-chan struct{}
}

// RiverClient returns a client that works the jobs of this catalogue with at
// most slots at once. It polls every 100 ms, and sets no time limit on a job:
// the lease decides whose a job is.
func (c *Catalog) RiverClient(workers *river.Workers, slots int) (JobRunner, error) {
	r, err := c.dialect.runner(workers, river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: slots}},
		FetchPollInterval:    100 * time.Millisecond,
		FetchCooldown:        100 * time.Millisecond,
		JobTimeout:           -1,
		RescueStuckJobsAfter: 30 * 24 * time.Hour, // a job takes as long as it takes; ours are woken by WakeQueued
		MaxAttempts:          1,
		Logger:               quiet(c.log),
	})
	return r, c.fail(err, "river client")
}

// WakeQueued wakes workers for every job that can be claimed at now and that no
// waiting River job names: those whose retry is due, whose lease ran out, or
// whose River job died with its process. It returns how many there were.
func (c *Catalog) WakeQueued(ctx context.Context, now time.Time) (int, error) {
	var woken int
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		ids, err := many[string](tx, `SELECT j.release_id FROM jobs j WHERE `+claimable+`
			AND NOT EXISTS (SELECT 1 FROM river_job w WHERE w.kind = 'transcode' AND w.state = 'available'
				AND w.args ->> 'release_id' = j.release_id)
			ORDER BY j.created_at, j.release_id LIMIT 1000`, micros(now), micros(now))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := c.dialect.enqueue(ctx, tx, ReleaseArgs{id}, time.Time{}); err != nil {
				return fmt.Errorf("release %s: %w", id, err)
			}
		}
		woken = len(ids)
		return nil
	})
	return woken, c.fail(err, "wake queued jobs")
}
