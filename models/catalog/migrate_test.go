package catalog

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

func openAt(t *testing.T, path string) (*Catalog, error) {
	t.Helper()
	return Open(t.Context(), Config{URL: path, Secret: secret()}, slog.New(slog.DiscardHandler))
}

func TestMigrateTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runnel.db")
	for range 2 {
		c, err := openAt(t, path)
		require.NoError(t, err)
		mode, err := one[string](c.db(t.Context()), "PRAGMA journal_mode")
		require.NoError(t, err)
		require.Equal(t, "wal", mode)
		sync, err := one[int](c.db(t.Context()), "PRAGMA synchronous")
		require.NoError(t, err)
		require.Equal(t, 2, sync)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), suffix)
		}
		require.NoError(t, c.Close())
	}
}

func TestMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runnel.db")
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			c, err := openAt(t, path)
			if err != nil {
				return err
			}
			return c.Close()
		})
	}
	require.NoError(t, g.Wait())
}

// TestTwoProcesses has two catalogues on one file, as a command beside a running
// node, write at once.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runnel.db")
	var g errgroup.Group
	for i := range 2 {
		c, err := openAt(t, path)
		require.NoError(t, err)
		defer c.Close()
		for j := range 50 {
			g.Go(func() error {
				_, _, _, err := c.CreateAccount(t.Context(), fmt.Sprintf("a%d-%d", i, j), models.RoleCreator, "")
				return err
			})
		}
	}
	require.NoError(t, g.Wait())
}

func TestNewerSchemaIsRefused(t *testing.T) {
	testNewerSchema(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "runnel.db") })
}

func testNewerSchema(t *testing.T, fresh func(t *testing.T) string) {
	for name, statement := range map[string]string{
		"ours":  "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)",
		"river": "INSERT INTO river_migration (line, version) VALUES ('main', 999)",
	} {
		url := fresh(t)
		c, err := openAt(t, url)
		require.NoError(t, err)
		require.NoError(t, c.db(t.Context()).Exec(statement).Error)
		require.NoError(t, c.Close())
		_, err = openAt(t, url)
		var fault *models.Fault
		require.ErrorAs(t, err, &fault, name)
		require.Equal(t, "schema_too_new", fault.Code)
	}
}

func TestMigratePrevious(t *testing.T) {
	testMigratePrevious(t, filepath.Join(t.TempDir(), "runnel.db"))
}

// testMigratePrevious fills a database of the first schema and brings it up to
// date.
func testMigratePrevious(t *testing.T, url string) { checkMigrated(t, url, fillPrevious(t, url)) }

// fillPrevious makes a database of the first schema, in which releases counted
// from 1, and returns the ids of its releases, the newest first.
func fillPrevious(t *testing.T, url string) (ids []string) {
	t.Helper()
	ctx := t.Context()
	d, err := dialectFor(url)
	require.NoError(t, err)
	db, handle, err := d.open(ctx, Config{URL: url, MaxConns: 4}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	kind, files, err := d.migrations()
	require.NoError(t, err)
	old, err := goose.NewProvider(kind, db, files, goose.WithLogger(goose.NopLogger()))
	require.NoError(t, err)
	_, err = old.UpTo(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, handle.Exec("INSERT INTO channels (id, name, created_at) VALUES ('k51a', 'Kino', 1)").Error)
	require.NoError(t, handle.Exec("INSERT INTO roots (mh, cid, created_at) VALUES (?, ?, 1)", mhOf(rootOf("x")), blob(rootOf("x").Bytes())).Error)
	ids = []string{"3mzzzzzzzzzz3", "3mzzzzzzzzzz2", "3jzzfcijpj2z2"} // the second and third were imported later than the first
	for _, id := range ids {
		require.NoError(t, handle.Exec(`INSERT INTO releases (id, channel_id, kind, title, tags, visibility, state, root_id, created_at, updated_at)
			VALUES (?, 'k51a', 'video', 'Film', '["Sea","sky","sea"]', 'public', 'final', 1, 1, 1)`, id).Error)
	}
	texts := "INSERT INTO release_text (rowid, title, channel) SELECT seq, 'Film', 'Kino' FROM releases"
	if _, ok := d.(*postgres); ok {
		texts = "INSERT INTO release_text (seq, words) SELECT seq, array_to_tsvector(ARRAY['film', 'kino']) FROM releases"
	}
	require.NoError(t, handle.Exec(texts).Error)
	require.NoError(t, d.close(db))
	return ids
}

// checkMigrated brings a database of fillPrevious up to date and finds all in it.
func checkMigrated(t *testing.T, url string, ids []string) {
	t.Helper()
	ctx := t.Context()
	c, err := openAt(t, url)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	for _, query := range []string{"", "film kin"} {
		var got []string
		for cursor := ""; ; {
			page, next, err := c.Releases(ctx, Filter{Query: query, Limit: 1, Cursor: cursor})
			require.NoError(t, err)
			got = append(got, page[0].ID)
			if cursor = next; next == "" {
				break
			}
		}
		require.Equal(t, ids, got, query)
	}
	seq, err := one[int64](c.db(ctx), "SELECT seq FROM releases WHERE id = ?", ids[2])
	require.NoError(t, err)
	require.Equal(t, seqOf(ids[2]), seq)
	require.NoError(t, c.DeleteRelease(ctx, ids[0]))
	for _, f := range []Filter{{Query: "film"}, {Tag: "sea"}} {
		page, _, err := c.Releases(ctx, f)
		require.NoError(t, err)
		require.Len(t, page, 2)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := openAt(t, "mysql://x")
	require.ErrorIs(t, err, models.ErrInvalid)
	_, err = openAt(t, "")
	require.ErrorIs(t, err, models.ErrInvalid)
	_, err = openAt(t, filepath.Join(dir, "no", "folder.db"))
	require.ErrorIs(t, err, models.ErrUnavailable)
	junk := filepath.Join(dir, "junk.db")
	require.NoError(t, os.WriteFile(junk, []byte(strings.Repeat("not a database ", 1000)), 0o600))
	_, err = openAt(t, junk)
	require.ErrorIs(t, err, models.ErrCorrupt)
	_, err = Open(t.Context(), Config{URL: filepath.Join(dir, "x.db")}, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, models.ErrInvalid, "no secret")
}

// TestPlans shows that what runs often is answered from an index.
func TestPlans(t *testing.T) {
	c, err := openAt(t, filepath.Join(t.TempDir(), "runnel.db"))
	require.NoError(t, err)
	defer c.Close()
	plan := func(query string, args ...any) string {
		rows, err := many[struct{ Detail string }](c.db(t.Context()), "EXPLAIN QUERY PLAN "+query, args...)
		require.NoError(t, err)
		var b strings.Builder
		for _, r := range rows {
			b.WriteString(r.Detail + "\n")
		}
		return b.String()
	}
	for query, index := range map[string]string{
		selectItems: "collection_items_order",
		c.listings(Filter{Tag: "x", Cursor: "3jzzfcijpj2z2"})[0].text():                                          "PRIMARY KEY (tag=? AND seq<?)",
		selectReleases + " WHERE " + listed + " ORDER BY r.id DESC LIMIT 50":                                     "releases_listed",
		selectReleases + " WHERE r.account_id = 1 ORDER BY r.id DESC LIMIT 50":                                   "releases_account",
		selectReleases + " WHERE " + listed + " AND r.channel_id = 'k' ORDER BY r.id DESC LIMIT 50":              "releases_",
		selectReleases + " WHERE o.mh = x'00'":                                                                   "releases_root",
		"SELECT " + jobColumns + " FROM jobs j WHERE " + claimable:                                               "jobs_open",
		"SELECT b.root_id FROM root_blocks b JOIN roots o ON o.id = b.root_id WHERE b.mh = x'00'":                "PRIMARY KEY",
		"SELECT mh FROM segment_blocks WHERE mh IN (x'00', x'01')":                                               "PRIMARY KEY",
		"SELECT " + uploadColumns + " FROM uploads u WHERE u.account_id = 1 AND NOT u.complete":                  "uploads_account",
		"SELECT " + segmentColumns + " FROM segments WHERE release_id = 'a' AND path = 'b'":                      "segments_path",
		"SELECT " + segmentColumns + " FROM segments WHERE release_id = 'a' AND rendition = 'v' ORDER BY number": "PRIMARY KEY",
	} {
		got := plan(query, make([]any, strings.Count(query, "?"))...)
		require.Contains(t, got, index, query)
		require.NotContains(t, got, "TEMP B-TREE", query)
	}
}
