package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/server/cache"
)

// redisServer is a Redis of the test's own, on a socket in its folder.
type redisServer struct {
	t      testing.TB
	socket string
	args   []string
	cmd    *exec.Cmd
}

func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed")
	}
	r := &redisServer{t: t, socket: filepath.Join(t.TempDir(), "s"), args: args}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *redisServer) start() {
	r.cmd = exec.Command("redis-server", append([]string{"--port", "0", "--unixsocket", r.socket, "--save", "", "--appendonly", "no"}, r.args...)...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(r.t, r.cmd.Start())
	until(r.t, "redis-server", func() bool {
		c, err := net.Dial("unix", r.socket)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (r *redisServer) stop() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

func (r *redisServer) signal(s syscall.Signal) { require.NoError(r.t, r.cmd.Process.Signal(s)) }

func (r *redisServer) cli(args ...string) {
	out, err := exec.Command("redis-cli", append([]string{"-s", r.socket}, args...)...).CombinedOutput()
	require.NoError(r.t, err, string(out))
}

// client returns one server's running view of the Redis.
func (r *redisServer) client() *cache.Redis {
	r.t.Helper()
	c, err := cache.NewRedis(cache.RedisConfig{URL: "unix://" + r.socket, OpTimeout: time.Second}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(r.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		require.NoError(r.t, <-done)
		require.NoError(r.t, c.Close())
	})
	return c
}

// beside returns another server over the same Redis and the same peers, with
// nothing of its own.
func (v *viewer) beside(t *testing.T, shared Shared) *viewer {
	t.Helper()
	w := *v
	w.mem, w.local, w.seen = cache.NewMemory(0), openStore(t), &recorder{}
	w.Delivery = New(Config{Shared: shared}, w.mem, w.local, w.holder, slog.New(slog.DiscardHandler), w.seen)
	return &w
}

func TestServersShareWhatCameFromPeers(t *testing.T) {
	r := startRedis(t)
	a := newViewer(t, Config{Shared: r.client()})
	b := a.beside(t, r.client())
	data, from, err := a.Block(t.Context(), a.set.Root, a.segment(0))
	require.NoError(t, err)
	require.Equal(t, SourcePeer, from)
	again, from, err := b.Block(t.Context(), a.set.Root, a.segment(0))
	require.NoError(t, err)
	require.Equal(t, SourceRedis, from)
	require.Equal(t, data, again)
	require.Equal(t, 1, a.holder.count(a.segment(0)))
}

// TestOneFetchForAllServers has a storm of misses at two servers: peers are
// asked once.
func TestOneFetchForAllServers(t *testing.T) {
	r := startRedis(t)
	a := newViewer(t, Config{Shared: r.client()})
	b := a.beside(t, r.client())
	a.holder.wait = func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
	var g errgroup.Group
	for range 200 {
		for _, v := range []*viewer{a, b} {
			g.Go(func() error {
				_, _, err := v.Block(t.Context(), a.set.Root, a.segment(1))
				return err
			})
		}
	}
	require.NoError(t, g.Wait())
	require.Equal(t, 1, a.holder.count(a.segment(1)))
}

func TestPoisonedRedisReachesNobody(t *testing.T) {
	r := startRedis(t)
	a := newViewer(t, Config{Shared: r.client()})
	want, _, err := a.Block(t.Context(), a.set.Root, a.segment(0))
	require.NoError(t, err)
	for name, spoil := range map[string][]string{
		"other bytes": {"EVAL", "for _, k in ipairs(redis.call('keys', '*block*')) do redis.call('set', k, 'poison') end", "0"},
		"cut off":     {"EVAL", "for _, k in ipairs(redis.call('keys', '*block*')) do redis.call('set', k, string.sub(redis.call('get', k), 1, 99)) end", "0"},
		"no string":   {"EVAL", "for _, k in ipairs(redis.call('keys', '*block*')) do redis.call('del', k) redis.call('lpush', k, 'x') end", "0"},
	} {
		r.cli(spoil...)
		b := a.beside(t, r.client())
		got, from, err := b.Block(t.Context(), a.set.Root, a.segment(0))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		require.Equal(t, SourcePeer, from, name)
		if name != "no string" {
			require.Equal(t, 1, b.seen.count("refused redis"), name)
		}
	}
}

// TestRedisComesAndGoes kills, hangs and fills Redis under load: nobody gets an
// error, and it is used again by itself.
func TestRedisComesAndGoes(t *testing.T) {
	r := startRedis(t)
	shared := r.client()
	v := newViewer(t, Config{Shared: shared}).beside(t, shared)
	all := func(what string) {
		t.Helper()
		for n := range 12 {
			_, _, err := v.Block(t.Context(), v.set.Root, v.segment(n))
			require.NoError(t, err, what)
		}
	}
	answers := func() bool { _, err := shared.State(t.Context()); return err == nil }
	all("at first")
	r.stop()
	all("killed")
	require.False(t, answers())
	r.start()
	until(t, "Redis to be used again", answers)
	r.signal(syscall.SIGSTOP)
	began := time.Now()
	all("hanging")
	require.Less(t, time.Since(began), 5*time.Second)
	r.signal(syscall.SIGCONT)
	until(t, "Redis to be used again", answers)
	r.cli("CONFIG", "SET", "maxmemory", "1mb")
	all("full")
	until(t, "a full Redis to answer", answers)
	r.cli("FLUSHALL")
	all("emptied")
}

// TestRedisUnderLoad has viewers ask without a pause while Redis is killed,
// hung, filled and poisoned: each answer is right, and none is an error.
func TestRedisUnderLoad(t *testing.T) {
	r := startRedis(t)
	shared := r.client()
	v := newViewer(t, Config{Shared: shared}).beside(t, shared)
	var served, fromRedis atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var g errgroup.Group
	for p := range 4 {
		g.Go(func() error {
			for n := p; ctx.Err() == nil; n++ {
				c := v.segment(n % 12)
				data, from, err := v.Block(t.Context(), v.set.Root, c)
				if err != nil || !matches(c, data) {
					return fmt.Errorf("answer %d, from %s: %w", served.Load(), from, err)
				}
				served.Add(1)
				if from == SourceRedis {
					fromRedis.Add(1)
				}
			}
			return nil
		})
	}
	more := func(counter *atomic.Int64, what string) {
		enough := counter.Load() + 200
		until(t, what, func() bool { return counter.Load() >= enough })
	}
	for _, phase := range []struct {
		name       string
		begin, end func()
	}{
		{"killed", r.stop, r.start},
		{"hung", func() { r.signal(syscall.SIGSTOP) }, func() { r.signal(syscall.SIGCONT) }},
		{"full", func() { r.cli("CONFIG", "SET", "maxmemory", "1mb") }, func() { r.cli("CONFIG", "SET", "maxmemory", "0") }},
		{"poisoned", func() {
			r.cli("EVAL", "for _, k in ipairs(redis.call('keys', '*block*')) do redis.call('set', k, 'poison') end", "0")
		}, func() {}},
		{"emptied", func() { r.cli("FLUSHALL") }, func() {}},
	} {
		more(&fromRedis, "Redis in use before it is "+phase.name)
		phase.begin()
		more(&served, "answers while Redis is "+phase.name)
		phase.end()
	}
	more(&fromRedis, "Redis in use at the end")
	stop()
	require.NoError(t, g.Wait())
	require.Positive(t, v.seen.count("refused redis"), "the poison was met")
}
