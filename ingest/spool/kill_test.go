package spool

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// childEnv names the data folder of a server that runs in a process of its own.
const childEnv = "RUNNEL_SPOOL_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		serveChild(dir)
	}
	os.Exit(m.Run())
}

// serveChild serves until it is killed.
func serveChild(dir string) {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	rec, err := recordsAt(dir)
	fatal(err)
	store, err := New(Config{
		Dir: dir + "/uploads", SyncBytes: 256 << 10, SyncInterval: 50 * time.Millisecond,
	}, rec, slog.New(slog.DiscardHandler))
	fatal(err)
	h, err := NewHandler(HandlerConfig{BasePath: base}, store)
	fatal(err)
	_, err = store.Sweep(context.Background())
	fatal(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	fmt.Println(os.Getpid(), "http://"+l.Addr().String())
	fatal(http.Serve(l, withAccount(h))) //nolint:gosec // a test's server
}

// child starts the server, under a tracer if one is given.
func child(t *testing.T, dir string, tracer ...string) (kill func(), n *node) {
	t.Helper()
	args := append(tracer, os.Args[0], "-test.run=^$") //nolint:gocritic // tracer is not used again
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var pid int
	var url string
	_, err = fmt.Sscan(line, &pid, &url)
	require.NoError(t, err)
	kill = func() { // the server itself: a tracer ends with it
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	l, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer l.Close()
	return kill, &node{t: t, dir: dir, srv: &httptest.Server{URL: url, Listener: addrOnly{l.RemoteAddr()}}}
}

// addrOnly lets node.raw dial a server of another process.
type addrOnly struct{ addr net.Addr }

func (addrOnly) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (addrOnly) Close() error              { return nil }
func (a addrOnly) Addr() net.Addr          { return a.addr }

// TestKillInMidPatch: kill -9 in the middle of one large PATCH costs no
// acknowledged byte, and the upload goes on to the same bytes.
func TestKillInMidPatch(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, newRecords(t, dir).Close())
	data := noise(12 << 20)
	kill, n := child(t, dir)
	loc := n.create(len(data))
	acked := 0
	for round, cut := range []int{3 << 20, 7 << 20, 10 << 20} {
		c := n.raw(loc, acked, len(data)-acked, data[acked:cut])
		require.Eventually(t, func() bool { return n.offset(loc) >= cut-(1<<20) }, 20*time.Second, 5*time.Millisecond)
		told := n.offset(loc)
		kill()
		_ = c.Close()
		kill, n = child(t, dir)
		acked = n.offset(loc)
		require.GreaterOrEqual(t, acked, told, "round %d lost acknowledged bytes", round)
	}
	a := n.patch(loc, acked, data[acked:])
	require.Equal(t, 204, a.status, a.body)
	got, err := os.ReadFile(filepath.Join(dir, "uploads", loc[len(base)+1:]))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got), "the bytes differ")
}

// TestOrderOfSystemCalls is D3: create → fsync → fsync of the folder → row →
// 201, and bytes → fsync → row → 204.
func TestOrderOfSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: the order of system calls is not checked")
	}
	dir := t.TempDir()
	require.NoError(t, newRecords(t, dir).Close())
	log := filepath.Join(dir, "trace")
	kill, n := child(t, dir, strace, "-f", "-y", "-s", "64", "-o", log,
		"-e", "trace=openat,fsync,fdatasync,pwrite64,write,sendto")
	loc := n.create(400_000)
	require.Equal(t, 204, n.patch(loc, 0, noise(300_000)).status, "not the last piece: its row is synced once")
	kill()
	b, err := os.ReadFile(log)
	require.NoError(t, err)
	calls := strings.Split(string(b), "\n")
	file := "/uploads/" + loc[len(base)+1:]
	created := before(t, calls, len(calls), "HTTP/1.1 201")
	row := before(t, calls, created, "sync(", databaseFile)
	folder := before(t, calls, row, "fsync(", "/uploads>")
	before(t, calls, folder, "fsync(", file+">")

	answered := before(t, calls, len(calls), "HTTP/1.1 204")
	row = before(t, calls, answered, "sync(", databaseFile)
	data := before(t, calls, row, "fsync(", file+">")
	last := before(t, calls, len(calls), "pwrite64(", file+">")
	require.Less(t, last, data, "bytes were written after the sync that acknowledged them")
}

// before returns the last line before end that holds all words.
func before(t *testing.T, lines []string, end int, words ...string) int {
	t.Helper()
	for i := end - 1; i >= 0; i-- {
		ok := true
		for _, w := range words {
			ok = ok && strings.Contains(lines[i], w)
		}
		if ok {
			return i
		}
	}
	t.Fatalf("no %q before line %d of the trace", words, end)
	return 0
}

// TestFailedSyncAcknowledgesNothing is D4.
func TestFailedSyncAcknowledgesNothing(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: failing syncs are not injected")
	}
	dir := t.TempDir()
	require.NoError(t, newRecords(t, dir).Close())
	data := noise(300_000)
	kill, n := child(t, dir)
	loc := n.create(len(data))
	require.Equal(t, 204, n.patch(loc, 0, data[:100_000]).status)
	kill()
	path := filepath.Join(dir, "uploads", loc[len(base)+1:])
	kill, n = child(t, dir, strace, "-f", "-qq", "-o", os.DevNull, "-P", path, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO")
	a := n.patch(loc, 100_000, data[100_000:])
	require.Equal(t, 503, a.status)
	require.Equal(t, "storage_failed", a.code(t))
	require.Equal(t, 100_000, n.offset(loc))
	a = n.patch(loc, 100_000, data[100_000:])
	require.Equal(t, 503, a.status, "a failed sync is not tried again")
	require.Equal(t, 503, n.do("POST", base, nil, "Upload-Length: 1").status)
	kill()
	_, n = child(t, dir)
	require.Equal(t, 100_000, n.offset(loc))
	require.Equal(t, 204, n.patch(loc, 100_000, data[100_000:]).status)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))
}
