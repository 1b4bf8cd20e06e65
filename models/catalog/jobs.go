package catalog

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

type jobRow struct {
	ReleaseID  string
	State      string
	Node       string
	LeaseUntil int64
	Attempt    int
	Reason     string
}

const jobColumns = "j.release_id, j.state, j.node, j.lease_until, j.attempt, j.reason"

func (r jobRow) model() models.Job {
	return models.Job{ReleaseID: r.ReleaseID, State: models.State(r.State), Node: r.Node,
		LeaseUntil: instant(r.LeaseUntil), Attempt: r.Attempt, Reason: r.Reason}
}

// claimable holds for jobs that a worker may take: queued and due, or held
// under a lease that ran out. Its two arguments are the time, twice.
const claimable = `j.state IN ('queued', 'transcoding')
	AND (j.state = 'queued' AND j.not_before <= ? OR j.state = 'transcoding' AND j.lease_until <= ?)`

// held holds for a job that is still the caller's, at the attempt it claimed.
const held = "release_id = ? AND state = 'transcoding' AND node = ? AND attempt = ?"

// Job returns the job of a release.
func (c *Catalog) Job(ctx context.Context, release string) (models.Job, error) {
	row, err := one[jobRow](c.db(ctx), "SELECT "+jobColumns+" FROM jobs j WHERE j.release_id = ?", release)
	return row.model(), c.fail(err, "job %q", release)
}

// OpenJobs counts the jobs that have not ended, by state.
func (c *Catalog) OpenJobs(ctx context.Context) (map[models.State]int, error) {
	rows, err := many[struct {
		State string
		N     int
	}](c.db(ctx), "SELECT state, count(*) AS n FROM jobs WHERE state IN ('queued', 'transcoding') GROUP BY state ORDER BY state")
	counted := make(map[models.State]int, len(rows))
	for _, r := range rows {
		counted[models.State(r.State)] = r.N
	}
	return counted, c.fail(err, "open jobs")
}

// ClaimJob takes the job of a release, or of any release when release is empty
// (the oldest first), under a lease until now+lease. models.ErrNotFound when
// there is none to take, or only some whose accounts have as many that run as
// they may. Of two callers one wins.
func (c *Catalog) ClaimJob(ctx context.Context, node, release string, lease time.Duration, now time.Time) (models.Job, error) {
	for {
		job, err := c.claimJob(ctx, node, release, lease, now)
		if !errors.Is(err, errLostRace) {
			return job, c.fail(err, "claim job %q", release)
		}
	}
}

var errLostRace = errors.New("another worker was faster")

func (c *Catalog) claimJob(ctx context.Context, node, release string, lease time.Duration, now time.Time) (job models.Job, err error) {
	at := micros(now)
	err = c.inTx(ctx, func(tx *gorm.DB) error {
		most := c.cfg.Limits.Jobs
		id, err := one[string](tx, "SELECT j.release_id FROM jobs j WHERE "+claimable+` AND (? = '' OR j.release_id = ?) AND `+jobsLeft+`
			ORDER BY j.created_at, j.release_id LIMIT 1`, at, at, release, release, most, most)
		if err != nil {
			return err
		}
		if err := c.lockOwner(tx, id); err != nil {
			return err
		}
		row, err := one[jobRow](tx, `UPDATE jobs AS j SET state = 'transcoding', node = ?, lease_until = ?, attempt = j.attempt + 1, updated_at = ?
			WHERE j.release_id = ? AND `+claimable+" AND "+jobsLeft+returning(jobColumns, "j"), node, micros(now.Add(lease)), at, id, at, at, most, most)
		if errors.Is(err, models.ErrNotFound) {
			return errLostRace
		}
		if err != nil {
			return err
		}
		job = row.model()
		return must(tx, "UPDATE releases SET state = 'transcoding', updated_at = ? WHERE id = ? AND state IN ('queued', 'transcoding')", at, id)
	})
	return job, err
}

// lockOwner lets one job of an account at a time be claimed, so that no two
// together pass what it may have.
func (c *Catalog) lockOwner(tx *gorm.DB, release string) error {
	if c.dialect.forUpdate() == "" {
		return nil
	}
	_, err := many[int64](tx, "SELECT a.id FROM accounts a WHERE a.id = (SELECT r.account_id FROM releases r WHERE r.id = ?)"+c.dialect.forUpdate(), release)
	return err
}
