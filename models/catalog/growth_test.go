package catalog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog/pgtest"
)

var (
	growthSizes = flag.String("growth", "100,10000", "numbers of releases in the catalogues of BenchmarkGrowth")
	growthDir   = flag.String("growth-dir", "", "where BenchmarkGrowth keeps SQLite catalogues for the next time; a million releases take minutes to write")
)

// BenchmarkGrowth shows how the cost of what runs often grows with the number of
// releases:
//
//	go test -run '^$' -bench Growth -benchtime 20x ./models/catalog -growth 100,10000,1000000
//
// PostgreSQL's server is the test's own, without fsync; SQLite syncs.
func BenchmarkGrowth(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			for _, size := range strings.Split(*growthSizes, ",") {
				n, err := strconv.Atoi(size)
				require.NoError(b, err)
				b.Run(size, func(b *testing.B) { benchmarkGrowth(b, grown(b, engine, n), n) })
			}
		})
	}
}

// grown returns a catalogue of n releases.
func grown(b *testing.B, engine string, n int) *Catalog {
	dir := *growthDir
	if dir == "" {
		dir = b.TempDir()
	}
	url := filepath.Join(dir, fmt.Sprint("growth-", n, ".db"))
	_, missing := os.Stat(url)
	if engine == "postgres" {
		url, missing = pgtest.New(b).Database(b, "growth"), fs.ErrNotExist
	}
	c, err := Open(b.Context(), Config{Secret: secret(), URL: url}, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.Close() })
	if !errors.Is(missing, fs.ErrNotExist) {
		return c
	}
	start := time.Now()
	r, w := io.Pipe()
	go func() { w.CloseWithError(writeReleases(w, n)) }()
	_, err = c.Import(b.Context(), r, nil)
	require.NoError(b, err)
	b.Logf("%d releases imported in %v", n, time.Since(start).Round(time.Millisecond))
	if engine == "postgres" {
		require.NoError(b, c.db(b.Context()).Exec("VACUUM ANALYZE").Error)
	}
	return c
}

func benchmarkGrowth(b *testing.B, c *Catalog, n int) {
	deep := models.NewTID(growthStart.Add(time.Duration(n/2) * time.Second))
	for _, f := range []struct {
		name   string
		filter Filter
	}{
		{"list", Filter{}}, {"list deep", Filter{Cursor: deep}}, {"list signed in", Filter{Viewer: 1}},
		{"list a rare kind", Filter{Kind: models.KindTrack}}, {"list a channel", Filter{Channel: "k517"}},
		{"list own", Filter{Viewer: 1, Scope: ScopeMine}},
		{"list own waiting", Filter{Viewer: 1, Scope: ScopeMine, States: []models.State{models.StateQueued}}},
		{"search all", Filter{Query: "film"}}, {"search all deep", Filter{Query: "film", Cursor: deep}},
		{"search a tenth", Filter{Query: "tenth3"}}, {"search a hundredth", Filter{Query: "hundredth33"}}, {"search one", Filter{Query: "only77"}},
		{"search two common", Filter{Query: "film tenth3"}}, {"search common and rare", Filter{Query: "film only77"}},
		{"search two letters", Filter{Query: "fi"}}, {"search none", Filter{Query: "film nowhere"}}, {"search old", Filter{Query: "ancient"}},
	} {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				_, _, err := c.Releases(b.Context(), f.filter)
				require.NoError(b, err)
			}
		})
	}
	a, err := c.AccountByName(b.Context(), "anna")
	require.NoError(b, err)
	b.Run("publish", func(b *testing.B) {
		for b.Loop() {
			publishOne(b, c, a.ID)
		}
	})
	b.Run("sweep", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, sweepAll(b.Context(), c))
		}
	})
}

func sweepAll(ctx context.Context, c *Catalog) error {
	_, err := c.WakeQueued(ctx, time.Now())
	return errors.Join(err, c.SweepSegments(ctx, time.Now()))
}

// publishOne takes a release of 300 blocks from its upload's beginning to final.
func publishOne(b *testing.B, c *Catalog, account int64) {
	ctx, label := b.Context(), models.NewTID(time.Now())
	u, err := c.CreateUpload(ctx, models.Upload{AccountID: account, Length: 1}, models.Release{Title: "Film " + label})
	require.NoError(b, err)
	require.NoError(b, c.AdvanceUpload(ctx, u.ID, 1))
	require.NoError(b, c.CompleteUpload(ctx, u.ID))
	job, err := c.ClaimJob(ctx, "node", u.ReleaseID, time.Minute, time.Now())
	require.NoError(b, err)
	require.NoError(b, c.Publish(ctx, job, Publication{Root: rootOf(label), Blocks: blocksOf(label, 300), Bytes: 1, Duration: time.Minute}))
}
