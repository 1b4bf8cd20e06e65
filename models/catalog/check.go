package catalog

import (
	"context"
	"fmt"
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Table string
	Key   string
	Text  string
}

// checks are questions whose every answer is a fault. Each returns a key.
var checks = []struct{ table, text, query string }{
	{"releases", "is final but its root is not pinned",
		"SELECT r.id FROM releases r WHERE r.state = 'final' AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = r.root_id) ORDER BY r.id LIMIT 1000"},
	{"releases", "is final but its root holds no blocks",
		`SELECT r.id FROM releases r JOIN pins p ON p.root_id = r.root_id AND p.state = 'pinned' WHERE r.state = 'final'
			AND NOT EXISTS (SELECT 1 FROM root_blocks b WHERE b.root_id = r.root_id) ORDER BY r.id LIMIT 1000`},
	{"releases", "is queued or transcoding without an open job",
		`SELECT r.id FROM releases r LEFT JOIN jobs j ON j.release_id = r.id WHERE r.state IN ('queued', 'transcoding')
			AND coalesce(j.state, '') NOT IN ('queued', 'transcoding') ORDER BY r.id LIMIT 1000`},
	{"releases", "is uploading without an upload",
		`SELECT r.id FROM releases r WHERE r.state = 'uploading'
			AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.release_id = r.id) ORDER BY r.id LIMIT 1000`},
	{"jobs", "is open for a release that has ended",
		`SELECT j.release_id FROM jobs j JOIN releases r ON r.id = j.release_id WHERE j.state IN ('queued', 'transcoding')
			AND r.state NOT IN ('queued', 'transcoding') ORDER BY j.release_id LIMIT 1000`},
	{"revisions", "is kept but its root is not pinned",
		`SELECT v.release_id FROM revisions v WHERE NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = v.root_id)
			ORDER BY v.release_id LIMIT 1000`},
	{"releases", "is to replace what is not there",
		`SELECT d.id FROM releases d WHERE d.replaces <> '' AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.id = d.replaces)
			ORDER BY d.id LIMIT 1000`},
	{"roots", "is named by no release and no pin",
		`SELECT CAST(o.id AS TEXT) FROM roots o WHERE NOT ` + namedBy("o.id", "1 = 1") + `
			AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = o.id) ORDER BY o.id LIMIT 1000`},
	{"roots", "is servable but no release and no pin allows it",
		`SELECT CAST(o.id AS TEXT) FROM roots o WHERE o.servable
			AND NOT ` + namedBy("o.id", goesOut) + `
			AND (` + namedBy("o.id", "1 = 1") + `
				OR NOT EXISTS (SELECT 1 FROM pins p WHERE p.root_id = o.id AND p.state = 'pinned')) ORDER BY o.id LIMIT 1000`},
	{"channels", "belongs to an account but has no key",
		"SELECT c.id FROM channels c WHERE c.account_id IS NOT NULL AND c.sealed_key IS NULL ORDER BY c.id LIMIT 1000"},
}

// Dangling returns what is inconsistent in the catalogue: rows that point
// nowhere or contradict each other, and what the engine itself finds damaged.
func (c *Catalog) Dangling(ctx context.Context) ([]Finding, error) {
	damage, err := c.dialect.check(ctx)
	if err != nil {
		return nil, c.fail(err, "check")
	}
	var found []Finding
	for _, text := range damage {
		found = append(found, Finding{Table: "database", Text: text})
	}
	for _, ask := range checks {
		keys, err := many[string](c.db(ctx), ask.query)
		if err != nil {
			return nil, c.fail(err, "check %s", ask.table)
		}
		for _, key := range keys {
			found = append(found, Finding{Table: ask.table, Key: key, Text: ask.text})
		}
	}
	return found, nil
}

// String says what is wrong in one line.
func (f Finding) String() string { return fmt.Sprintf("%s %s %s", f.Table, f.Key, f.Text) }
