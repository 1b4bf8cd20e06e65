package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// cluster is a PostgreSQL server of the test's own, on a socket in its folder.
type cluster struct {
	bin, dir string
	attr     *syscall.SysProcAttr
	server   *exec.Cmd
}

// newCluster makes and starts a server. PostgreSQL refuses to run as root, so
// root runs it as the user that its package made.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed")
	}
	dir, err := os.MkdirTemp("", "runnel-pg-") // a short path: sockets have at most 107 bytes
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	c := &cluster{bin: filepath.Dir(found[len(found)-1]), dir: dir, attr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}}
	if os.Getuid() == 0 {
		who, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.Atoi(who.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(who.Gid)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, uid, gid))
		c.attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	out, err := c.command("initdb", "--pgdata", c.data(), "--username", "runnel", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync").CombinedOutput()
	require.NoError(t, err, string(out))
	c.start(t)
	t.Cleanup(func() { c.stop(t) })
	return c
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.attr
	return cmd
}

func (c *cluster) start(t testing.TB) {
	t.Helper()
	c.server = c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	require.NoError(t, c.server.Start())
	require.Eventually(t, func() bool {
		return c.command("pg_isready", "-h", c.dir, "-q").Run() == nil
	}, 30*time.Second, 50*time.Millisecond)
}

// stop ends the server at once, with every connection.
func (c *cluster) stop(t testing.TB) {
	t.Helper()
	if c.server == nil {
		return
	}
	require.NoError(t, c.server.Process.Signal(syscall.SIGINT))
	require.NoError(t, c.server.Wait())
	c.server = nil
}

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=runnel", database, c.dir)
}

func (c *cluster) sql(t testing.TB, statement string) {
	t.Helper()
	out, err := c.command("psql", "-h", c.dir, "-U", "runnel", "-d", "postgres", "-q", "-c", statement).CombinedOutput()
	require.NoError(t, err, string(out))
}

func (c *cluster) open(t *testing.T, database string, cfg Config) *Catalog {
	t.Helper()
	cfg.URL = c.url(database)
	opened, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// TestPostgres gives every test a copy of one migrated database.
func TestPostgres(t *testing.T) {
	c := newCluster(t)
	c.sql(t, "CREATE DATABASE migrated")
	first, err := Open(t.Context(), Config{URL: c.url("migrated"), Secret: secret()}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, first.Close())
	databases := 0
	fresh := func(t *testing.T) string {
		databases++
		name := fmt.Sprintf("test%d", databases)
		c.sql(t, "CREATE DATABASE "+name+" TEMPLATE migrated")
		return name
	}
	here := func(t *testing.T, cfg Config) *Catalog { return c.open(t, fresh(t), cfg) }
	conformance(t, here)
	t.Run("move to and from SQLite", func(t *testing.T) { testMoveAcross(t, sqliteOpener(t), here) })
	t.Run("from the previous schema", func(t *testing.T) {
		c.sql(t, "CREATE DATABASE previous")
		testMigratePrevious(t, c.url("previous"))
	})
	t.Run("newer schema", func(t *testing.T) {
		testNewerSchema(t, func(t *testing.T) string { return c.url(fresh(t)) })
	})
	t.Run("migrated at once", func(t *testing.T) {
		c.sql(t, "CREATE DATABASE empty")
		var g errgroup.Group
		for range 4 {
			g.Go(func() error {
				opened, err := Open(t.Context(), Config{URL: c.url("empty"), Secret: secret()}, slog.New(slog.DiscardHandler))
				if err != nil {
					return err
				}
				return opened.Close()
			})
		}
		require.NoError(t, g.Wait())
	})
	t.Run("lease between two processes", func(t *testing.T) { testLeaseAcross(t, c, fresh(t)) })
	t.Run("server restarted", func(t *testing.T) { testServerRestarted(t, c, fresh(t)) })
}

// testLeaseAcross has two catalogues on one database want the same job: one gets
// it, and the other one when the lease has run out.
func testLeaseAcross(t *testing.T, c *cluster, database string) {
	k := newClock()
	one, two := c.open(t, database, Config{Secret: secret(), Now: k.now}), c.open(t, database, Config{Secret: secret(), Now: k.now})
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
func testServerRestarted(t *testing.T, c *cluster, database string) {
	at := c.open(t, database, Config{Secret: secret()})
	anna := creator(t, at, "anna")
	c.stop(t)
	_, err := at.Account(t.Context(), anna.ID)
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.ErrorIs(t, at.SetPassword(t.Context(), anna.ID, "x"), models.ErrUnavailable)
	c.start(t)
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
