package catalog

import (
	"context"

	"runnel/models"
)

// JobLine is a job with what a person needs to know it by.
type JobLine struct {
	models.Job
	Title    string
	Account  string // whose release it is
	Fraction float64
}

// JobList returns the jobs that have not ended, those that run first and then by
// age: 200 at most.
func (c *Catalog) JobList(ctx context.Context) ([]JobLine, error) {
	rows, err := many[struct {
		jobRow
		Title    string
		Name     string
		Fraction float64
	}](c.db(ctx), "SELECT "+jobColumns+`, r.title, COALESCE(a.name, '') AS name, r.fraction
		FROM jobs j JOIN releases r ON r.id = j.release_id LEFT JOIN accounts a ON a.id = r.account_id
		WHERE j.state IN ('queued', 'transcoding')
		ORDER BY CASE j.state WHEN 'transcoding' THEN 0 ELSE 1 END, j.release_id LIMIT 200`)
	lines := make([]JobLine, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, JobLine{Job: r.model(), Title: r.Title, Account: r.Name, Fraction: r.Fraction})
	}
	return lines, c.fail(err, "jobs")
}
