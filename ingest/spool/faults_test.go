package spool

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

// TestConcurrentPatches is U15.
func TestConcurrentPatches(t *testing.T) {
	n := start(t, nil)
	data := noise(2 << 20)
	loc := n.create(len(data))
	var wg sync.WaitGroup
	status := make([]int, 4)
	for i := range status {
		wg.Go(func() { status[i] = n.patch(loc, 0, data).status })
	}
	wg.Wait()
	count := map[int]int{}
	for _, s := range status {
		count[s]++
	}
	require.Equal(t, 1, count[204], "%v", status)
	require.Equal(t, 3, count[409]+count[423], "%v", status)
	require.Equal(t, data, n.file(loc))
}

// raw sends a PATCH's head and some of its body over a connection of its own.
func (n *node) raw(loc string, offset, length int, body []byte, more ...string) net.Conn {
	n.t.Helper()
	c, err := net.Dial("tcp", n.srv.Listener.Addr().String())
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = c.Close() })
	_, err = fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nX-Account: 1\r\nTus-Resumable: 1.0.0\r\nContent-Type: %s\r\nUpload-Offset: %d\r\nContent-Length: %d\r\n%s\r\n",
		loc, offsetType, offset, length, strings.Join(append(more, ""), "\r\n"))
	require.NoError(n.t, err)
	_, err = c.Write(body)
	require.NoError(n.t, err)
	return c
}

// TestCutConnection is U16: what had arrived is kept, and the rest follows.
func TestCutConnection(t *testing.T) {
	n := start(t, nil)
	data := noise(1 << 20)
	loc := n.create(len(data))
	c := n.raw(loc, 0, len(data), data[:300_000])
	require.NoError(t, c.Close())
	var got int
	require.Eventually(t, func() bool { got = n.offset(loc); return got > 0 }, 10*time.Second, 10*time.Millisecond)
	require.LessOrEqual(t, got, 300_000)
	require.Equal(t, 204, n.patch(loc, got, data[got:]).status)
	require.Equal(t, data, n.file(loc))
}

// TestStalledBody is U17, and shows that bytes are acknowledged while the
// request still hangs.
func TestStalledBody(t *testing.T) {
	n := start(t, func(c *Config, h *HandlerConfig) {
		c.SyncInterval, h.NetworkTimeout = 20*time.Millisecond, 1500*time.Millisecond
	})
	data := noise(400_000)
	loc := n.create(len(data))
	c := n.raw(loc, 0, len(data), data[:250_000])
	require.Eventually(t, func() bool { return n.offset(loc) == 250_000 }, 5*time.Second, 5*time.Millisecond)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	reply, err := io.ReadAll(c)
	require.NoError(t, err, "the server closes a stalled connection")
	require.Contains(t, string(reply), "read_timeout")
	require.Equal(t, 204, n.patch(loc, 250_000, data[250_000:]).status)
	require.Equal(t, data, n.file(loc))
}

// TestDeadConnectionIsPushedAside: a client whose old connection hangs without
// a word can go on after a moment.
func TestDeadConnectionIsPushedAside(t *testing.T) {
	n := start(t, func(c *Config, _ *HandlerConfig) { c.SyncInterval = 10 * time.Millisecond })
	data := noise(100_000)
	loc := n.create(len(data))
	n.raw(loc, 0, len(data), data[:60_000])
	require.Eventually(t, func() bool { return n.offset(loc) == 60_000 }, 5*time.Second, 5*time.Millisecond)
	a := n.patch(loc, 60_000, data[60_000:])
	require.Equal(t, 204, a.status, a.body)
	require.Equal(t, data, n.file(loc))
}

// TestDeleteEndsARunningUpload: a DELETE does not wait for the bytes.
func TestDeleteEndsARunningUpload(t *testing.T) {
	n := start(t, func(c *Config, _ *HandlerConfig) { c.SyncInterval = 10 * time.Millisecond })
	loc := n.create(100_000)
	n.raw(loc, 0, 100_000, noise(1000))
	require.Eventually(t, func() bool { return n.offset(loc) == 1000 }, 5*time.Second, 5*time.Millisecond)
	began := time.Now()
	require.Equal(t, 204, n.do("DELETE", loc, nil).status)
	require.Less(t, time.Since(began), 2*time.Second)
	require.Equal(t, 404, n.do("HEAD", loc, nil).status)
}

func TestExpiry(t *testing.T) {
	var now atomic.Pointer[time.Time]
	began := time.Now()
	now.Store(&began)
	pass := func(d time.Duration) { at := now.Load().Add(d); now.Store(&at) }
	n := start(t, func(c *Config, _ *HandlerConfig) { c.Now = func() time.Time { return *now.Load() } })
	loc := n.create(10)
	path := n.store.path(loc[len(base)+1:])
	pass(23 * time.Hour)
	require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	require.NoError(t, os.Chtimes(path, *now.Load(), *now.Load()))
	pass(23 * time.Hour)
	require.Equal(t, 3, n.offset(loc), "the last byte prolongs")
	swept, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, swept)
	pass(2 * time.Hour)
	a := n.patch(loc, 3, []byte("def"))
	require.Equal(t, 410, a.status)
	require.Equal(t, "upload_expired", a.code(t))
	swept, err = n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Swept{Expired: 1}, swept)
	require.Equal(t, 404, n.do("HEAD", loc, nil).status)
	require.NoFileExists(t, path)
}

func TestSweep(t *testing.T) {
	n := start(t, nil)
	open, lost, whole := n.create(10), n.create(10), n.create(3)
	for _, loc := range []string{open, lost} {
		require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	}
	require.NoError(t, os.Remove(n.store.path(lost[len(base)+1:])))
	id := whole[len(base)+1:]
	require.NoError(t, os.WriteFile(n.store.path(id), []byte("abc"), 0o600))
	require.NoError(t, n.rec.AdvanceUpload(t.Context(), id, 3))
	stray, young := filepath.Join(n.dir, "uploads", newID()), filepath.Join(n.dir, "uploads", newID())
	for _, p := range []string{stray, young} {
		require.NoError(t, os.WriteFile(p, []byte("x"), 0o600))
	}
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(stray, old, old))

	swept, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Swept{Completed: 1, Strays: 1, Lost: 1}, swept)
	require.NoFileExists(t, stray)
	require.FileExists(t, young, "a file may wait for its row")
	require.Equal(t, 3, n.offset(open))
	u, err := n.rec.Upload(t.Context(), id)
	require.NoError(t, err)
	require.True(t, u.Complete)
	again, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, again)
}

// TestLostCompletionIsRepairedByHead: the server died between the last byte
// and the completion; the client asks where it was.
func TestLostCompletionIsRepairedByHead(t *testing.T) {
	n := start(t, nil)
	loc := n.create(3)
	id := loc[len(base)+1:]
	require.NoError(t, os.WriteFile(n.store.path(id), []byte("abc"), 0o600))
	require.NoError(t, n.rec.AdvanceUpload(t.Context(), id, 3))
	require.Equal(t, 3, n.offset(loc))
	u, err := n.rec.Upload(t.Context(), id)
	require.NoError(t, err)
	require.True(t, u.Complete)
}

// TestUnacknowledgedTailIsCutOff: bytes beyond the row's offset never count.
func TestUnacknowledgedTailIsCutOff(t *testing.T) {
	n := start(t, nil)
	loc := n.create(6)
	require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	require.NoError(t, os.WriteFile(n.store.path(loc[len(base)+1:]), []byte("abcXYZ and more"), 0o600))
	require.Equal(t, 204, n.patch(loc, 3, []byte("d")).status)
	require.Equal(t, []byte("abcd"), n.file(loc))
}

// TestShortFileIsNotContinued: a file that lost acknowledged bytes is an error,
// not a hole.
func TestShortFileIsNotContinued(t *testing.T) {
	n := start(t, nil)
	loc := n.create(6)
	require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	require.NoError(t, os.Truncate(n.store.path(loc[len(base)+1:]), 1))
	a := n.patch(loc, 3, []byte("def"))
	require.Equal(t, 500, a.status)
	require.Equal(t, "internal", a.code(t))
	require.NotContains(t, a.body, n.dir, "no path in an answer")
}

func TestSource(t *testing.T) {
	n := start(t, nil)
	a := n.do("POST", base, strings.NewReader("abc"), "Upload-Length: 3", "Content-Type: "+offsetType)
	loc, rel := a.header.Get("Location"), a.header.Get(ReleaseHeader)
	recorded, err := n.rec.Source(t.Context(), rel)
	require.NoError(t, err)
	require.EqualValues(t, 3, recorded.Size)
	src, err := n.store.Source(recorded.Path)
	require.NoError(t, err)
	require.EqualValues(t, 3, src.Size)
	b, err := os.ReadFile(src.Path)
	require.NoError(t, err)
	require.Equal(t, []byte("abc"), b)
	job, err := n.rec.Job(t.Context(), rel)
	require.NoError(t, err)
	require.Equal(t, models.StateQueued, job.State)

	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(src.Path, old, old))
	_, err = n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.FileExists(t, src.Path)

	require.Equal(t, 204, n.do("DELETE", loc, nil).status)
	require.NoFileExists(t, src.Path)
	r, err := n.rec.Release(t.Context(), rel)
	require.NoError(t, err)
	require.Equal(t, models.StateCancelled, r.State)
	require.NoError(t, n.store.RemoveSource(recorded.Path))
	for _, name := range []string{recorded.Path, "", "uploads/../../etc/passwd", "/etc/passwd"} {
		_, err = n.store.Source(name)
		require.ErrorIs(t, err, models.ErrNotFound)
		require.NoError(t, n.store.RemoveSource(name))
	}
}

// TestCancelledRelease: nobody waits for bytes of a release that is gone.
func TestCancelledRelease(t *testing.T) {
	n := start(t, nil)
	a := n.do("POST", base, nil, "Upload-Length: 3")
	loc, rel := a.header.Get("Location"), a.header.Get(ReleaseHeader)
	require.NoError(t, n.rec.CancelRelease(t.Context(), rel))
	require.Equal(t, 404, n.patch(loc, 0, []byte("abc")).status)
	swept, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Swept{Expired: 1}, swept)
	require.NoFileExists(t, n.store.path(loc[len(base)+1:]))

	a = n.do("POST", base, nil, "Upload-Length: 3")
	loc, rel = a.header.Get("Location"), a.header.Get(ReleaseHeader)
	require.NoError(t, n.rec.DeleteRelease(t.Context(), rel))
	require.Equal(t, 404, n.patch(loc, 0, []byte("abc")).status)
}

// TestConstantMemory streams 256 MiB through one request.
func TestConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 256 MiB")
	}
	const size = 256 << 20
	n := start(t, func(c *Config, _ *HandlerConfig) { c.MaxSize = size })
	loc := n.create(size)
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	body := io.LimitReader(&repeat{b: chunk}, size)
	before := allocated()
	a := n.do("PATCH", loc, body, "Upload-Offset: 0")
	require.Equal(t, 204, a.status)
	require.Equal(t, size, n.offset(loc))
	require.Less(t, allocated()-before, uint64(16<<20), "client and server together")
}
