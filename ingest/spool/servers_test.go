package spool

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// two starts two servers, each in a process of its own, on one folder and one
// catalogue.
func two(t *testing.T) (a, b *node, killA func()) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, newRecords(t, dir).Close())
	killA, a = child(t, dir)
	_, b = child(t, dir)
	return a, b, killA
}

func (n *node) at(loc string) string { return filepath.Join(n.dir, "uploads", loc[len(base)+1:]) }

// trickle sends piece by piece until stop is called, which returns how many
// bytes went.
func trickle(t *testing.T, c net.Conn, data []byte) (stop func() int) {
	quit, sent := make(chan struct{}), make(chan int, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		n := 0
		defer func() { sent <- n }()
		for n < len(data) {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			m, err := c.Write(data[n:min(n+1000, len(data))])
			if n += m; err != nil {
				return
			}
		}
	}()
	return func() int { close(quit); return <-sent }
}

// TestServersShareAnUpload has one upload go through two servers: who makes
// progress is not broken, who has gone quiet is pushed aside, and no byte that
// either has acknowledged is lost.
func TestServersShareAnUpload(t *testing.T) {
	a, b, _ := two(t)
	data := noise(3 << 20)
	loc := a.create(len(data))
	first := a.patch(loc, 0, data[:1000])
	require.Equal(t, 204, first.status, first.body)
	require.Equal(t, 1000, b.offset(loc), "the other server's bytes")

	c := a.raw(loc, 1000, len(data)-1000, data[1000:2000])
	require.Eventually(t, func() bool { return b.offset(loc) >= 2000 }, 10*time.Second, 5*time.Millisecond, "HEAD beside a PATCH elsewhere")
	stop := trickle(t, c, data[2000:2_000_000])
	refused := b.patch(loc, 0, data[:10])
	require.Equal(t, 423, refused.status, "a running writer was broken: %s", refused.body)
	sent := 2000 + stop()

	var told int
	require.Eventually(t, func() bool { told = b.offset(loc); return told == sent }, 10*time.Second, 5*time.Millisecond)
	rest := b.patch(loc, told, data[told:])
	require.Equal(t, 204, rest.status, "a quiet writer stays in the way: %s", rest.body)
	got, err := os.ReadFile(a.at(loc))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got), "the bytes differ")
	_, err = os.Stat(a.at(loc) + stopSuffix)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestDeleteAtTheOtherServer stops a PATCH that makes progress.
func TestDeleteAtTheOtherServer(t *testing.T) {
	a, b, _ := two(t)
	data := noise(3 << 20)
	loc := a.create(len(data))
	c := a.raw(loc, 0, len(data), data[:1000])
	require.Eventually(t, func() bool { return b.offset(loc) >= 1000 }, 10*time.Second, 5*time.Millisecond)
	stop := trickle(t, c, data[1000:])
	gone := b.do("DELETE", loc, nil)
	require.Equal(t, 204, gone.status, gone.body)
	stop()
	for _, n := range []*node{a, b} {
		require.Equal(t, 404, n.do("HEAD", loc, nil).status)
	}
	left, err := filepath.Glob(a.at(loc) + "*")
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestKilledServerHoldsNothing: the lock of a dead process is free at once.
func TestKilledServerHoldsNothing(t *testing.T) {
	a, b, killA := two(t)
	data := noise(1 << 20)
	loc := a.create(len(data))
	a.raw(loc, 0, len(data), data[:300_000])
	var told int
	require.Eventually(t, func() bool { told = b.offset(loc); return told == 300_000 }, 10*time.Second, 5*time.Millisecond)
	killA()
	rest := b.patch(loc, told, data[told:])
	require.Equal(t, 204, rest.status, rest.body)
	got, err := os.ReadFile(b.at(loc))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got), "the bytes differ")
}

// TestConcurrentPatchesAtTwoServers is U15 over two servers.
func TestConcurrentPatchesAtTwoServers(t *testing.T) {
	a, b, _ := two(t)
	data := noise(2 << 20)
	loc := a.create(len(data))
	var wg sync.WaitGroup
	status := make([]int, 4)
	for i := range status {
		wg.Go(func() { status[i] = []*node{a, b}[i%2].patch(loc, 0, data).status })
	}
	wg.Wait()
	count := map[int]int{}
	for _, s := range status {
		count[s]++
	}
	require.Equal(t, 1, count[204], "%v", status)
	require.Equal(t, 3, count[409]+count[423], "%v", status)
	got, err := os.ReadFile(a.at(loc))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got), "the bytes differ")
}

// TestSweepSparesWhatAnotherServerMakes: a data file without a row is a stray
// only when nobody holds it.
func TestSweepSparesWhatAnotherServerMakes(t *testing.T) {
	n := start(t, nil)
	path := n.store.path(strings.Repeat("a", idLength))
	making, err := createLocked(path)
	require.NoError(t, err)
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(path, long, long))
	swept, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, swept.Strays)
	require.FileExists(t, path)

	askToStop(path)
	require.NoError(t, os.Chtimes(path+stopSuffix, long, long))
	require.NoError(t, making.Close())
	swept, err = n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, swept.Strays)
	require.NoFileExists(t, path)
	require.NoFileExists(t, path+stopSuffix)
}

// TestDatabaseAway: a client is told to come again, and why nowhere.
func TestDatabaseAway(t *testing.T) {
	n := start(t, nil)
	loc := n.create(10)
	require.NoError(t, n.rec.Close())
	a := n.patch(loc, 0, noise(10))
	require.Equal(t, 503, a.status, a.body)
	require.Equal(t, "unavailable", a.code(t))
	require.NotEmpty(t, a.header.Get("Retry-After"))
}
