// Package pgtest gives tests a real PostgreSQL server of their own, on a socket
// in a folder that goes with the test.
package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a PostgreSQL server with the superuser runnel and no passwords.
type Server struct {
	bin, dir string
	attr     *syscall.SysProcAttr
	server   *exec.Cmd
}

// New makes and starts a server, which the test's end stops and removes; it skips
// the test where PostgreSQL is not installed. PostgreSQL refuses to run as root,
// so root runs it as the user that its package made.
func New(t testing.TB) *Server {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed")
	}
	dir, err := os.MkdirTemp("", "runnel-pg-") // a short path: sockets have at most 107 bytes
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	s := &Server{bin: filepath.Dir(found[len(found)-1]), dir: dir, attr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}}
	if os.Getuid() == 0 {
		s.become(t, "postgres")
	}
	out, err := s.command("initdb", "--pgdata", s.data(), "--username", "runnel", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync").CombinedOutput()
	require.NoError(t, err, string(out))
	s.Start(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// become makes another user run the server.
func (s *Server) become(t testing.TB, name string) {
	t.Helper()
	who, err := user.Lookup(name)
	require.NoError(t, err)
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	require.NoError(t, err)
	require.NoError(t, os.Chown(s.dir, int(uid), int(gid)))
	s.attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.attr
	return cmd
}

// Start starts the server and waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.server = s.command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	require.NoError(t, s.server.Start())
	require.Eventually(t, func() bool {
		return s.command("pg_isready", "-h", s.dir, "-q").Run() == nil
	}, 30*time.Second, 50*time.Millisecond)
}

// Stop ends the server at once, with every connection.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.server == nil {
		return
	}
	require.NoError(t, s.server.Process.Signal(syscall.SIGINT))
	require.NoError(t, s.server.Wait())
	s.server = nil
}

// URL is the address of one of its databases.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=runnel", database, s.dir)
}

// SQL runs a statement in the database postgres.
func (s *Server) SQL(t testing.TB, statement string) {
	t.Helper()
	out, err := s.command("psql", "-h", s.dir, "-U", "runnel", "-d", "postgres", "-q", "-c", statement).CombinedOutput()
	require.NoError(t, err, string(out))
}

// Database makes an empty database and returns its address.
func (s *Server) Database(t testing.TB, name string) string {
	t.Helper()
	s.SQL(t, "CREATE DATABASE "+name)
	return s.URL(name)
}
