package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/models/catalog/pgtest"
)

func openPostgres(t *testing.T, at *pgtest.Server, database string, cfg Config) *Catalog {
	t.Helper()
	cfg.URL = at.URL(database)
	opened, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// TestPostgres gives every test a copy of one migrated database.
func TestPostgres(t *testing.T) {
	c := pgtest.New(t)
	c.SQL(t, "CREATE DATABASE migrated")
	first, err := Open(t.Context(), Config{URL: c.URL("migrated"), Secret: secret()}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, first.Close())
	databases := 0
	fresh := func(t *testing.T) string {
		databases++
		name := fmt.Sprintf("test%d", databases)
		c.SQL(t, "CREATE DATABASE "+name+" TEMPLATE migrated")
		return name
	}
	here := func(t *testing.T, cfg Config) *Catalog { return openPostgres(t, c, fresh(t), cfg) }
	conformance(t, here)
	t.Run("move to and from SQLite", func(t *testing.T) { testMoveAcross(t, sqliteOpener(t), here) })
	t.Run("from the previous schema", func(t *testing.T) {
		c.SQL(t, "CREATE DATABASE previous")
		testMigratePrevious(t, c.URL("previous"))
	})
	t.Run("killed while migrating", func(t *testing.T) {
		testKilledWhileMigrating(t, "write", func(t *testing.T) string {
			databases++
			return c.Database(t, fmt.Sprintf("killed%d", databases))
		})
	})
	t.Run("newer schema", func(t *testing.T) {
		testNewerSchema(t, func(t *testing.T) string { return c.URL(fresh(t)) })
	})
	t.Run("migrated at once", func(t *testing.T) {
		c.SQL(t, "CREATE DATABASE empty")
		var g errgroup.Group
		for range 4 {
			g.Go(func() error {
				opened, err := Open(t.Context(), Config{URL: c.URL("empty"), Secret: secret()}, slog.New(slog.DiscardHandler))
				if err != nil {
					return err
				}
				return opened.Close()
			})
		}
		require.NoError(t, g.Wait())
	})
	t.Run("lease between two catalogues", func(t *testing.T) { testLeaseAcross(t, c, fresh(t)) })
	t.Run("lease between processes", func(t *testing.T) { testLeaseProcesses(t, c, fresh(t)) })
	t.Run("server restarted", func(t *testing.T) { testServerRestarted(t, c, fresh(t)) })
}

// testLeaseAcross has two catalogues on one database want the same job: one gets
// it, and the other one when the lease has run out.
func testLeaseAcross(t *testing.T, c *pgtest.Server, database string) {
	k := newClock()
	one, two := openPostgres(t, c, database, Config{Secret: secret(), Now: k.now}), openPostgres(t, c, database, Config{Secret: secret(), Now: k.now})
	id := queued(t, one, creator(t, one, "anna").ID, models.Release{})
	var won [2]error
	var g errgroup.Group
	for i, at := range []*Catalog{one, two} {
		g.Go(func() error {
			_, won[i] = at.ClaimJob(t.Context(), fmt.Sprint("node", i), id, time.Minute, k.now())
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.NotEqual(t, won[0] == nil, won[1] == nil, "%v %v", won[0], won[1])
	k.pass(2 * time.Minute)
	job, err := two.ClaimJob(t.Context(), "heir", id, time.Minute, k.now())
	require.NoError(t, err)
	require.Equal(t, 2, job.Attempt)
}

// testServerRestarted stops the server under an open catalogue: it says so at
// once, and works again when the server does.
func testServerRestarted(t *testing.T, c *pgtest.Server, database string) {
	at := openPostgres(t, c, database, Config{Secret: secret()})
	anna := creator(t, at, "anna")
	c.Stop(t)
	_, err := at.Account(t.Context(), anna.ID)
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.ErrorIs(t, at.SetPassword(t.Context(), anna.ID, "x"), models.ErrUnavailable)
	c.Start(t)
	require.Eventually(t, func() bool {
		_, err := at.Account(t.Context(), anna.ID)
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
}

func TestPostgresUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	_, err = Open(context.Background(), Config{URL: "postgres://anna:sesame@" + listener.Addr().String() + "/runnel", Secret: secret()}, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.NotContains(t, err.Error(), "sesame")
	_, err = Open(context.Background(), Config{URL: "postgres://anna:sesame@[/", Secret: secret()}, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, models.ErrInvalid)
	require.NotContains(t, err.Error(), "sesame")
}
