package cache

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/prometheus/client_golang/prometheus"

	"runnel/models"
)

func TestRedisURLs(t *testing.T) {
	for url, good := range map[string]bool{
		"redis://localhost:6379/0": true, "rediss://u:sesame@example.org": true, "unix:///run/r.sock?db=2": true,
		"": false, "localhost:6379": false, "http://u:sesame@h": false, "redis://u:sesame@h/x": false,
		"unix://": false, "redis://u:sesame@h:bad": false, "redis://h?nonsense=1": false,
	} {
		r, err := NewRedis(RedisConfig{URL: url}, slog.New(slog.DiscardHandler), nil)
		var fault *models.Fault
		if good != (err == nil) || !good && (!errors.As(err, &fault) || fault.Code != CodeRedisURL || !errors.Is(err, models.ErrInvalid)) {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: the error holds the password", url)
		}
		if err == nil {
			_ = r.Close()
		}
	}
	reg := prometheus.NewRegistry()
	for n := range 2 {
		if _, err := NewRedis(RedisConfig{URL: "redis://h"}, slog.New(slog.DiscardHandler), reg); (err == nil) != (n == 0) {
			t.Error(err)
		}
	}
}

func TestBlocksInRedis(t *testing.T) {
	s := startServer(t)
	a, b := s.client(patient), s.client(patient)
	c, data := block(t, 1, 700_000)
	ctx := t.Context()
	if _, ok := a.Get(ctx, c); ok {
		t.Fatal("found nothing's bytes")
	}
	a.Put(c, data)
	until(t, "the block", func() bool { _, ok := b.Get(ctx, c); return ok })
	if got, _ := b.Get(ctx, cid.NewCidV0(c.Hash())); !bytes.Equal(got, data) {
		t.Error("other bytes, or not by multihash")
	}
	if ttl := a.client.TTL(ctx, blockKey(c)).Val(); ttl <= 0 || ttl > time.Hour {
		t.Errorf("stays for %s", ttl)
	}
	b.Drop(ctx, c)
	if _, ok := a.Get(ctx, c); ok {
		t.Error("dropped and still there")
	}
	big, huge := block(t, 2, maxValue+1)
	a.Put(big, huge)
	a.Put(cid.Undef, data)
	// What others write there is read no further than a block may be long.
	if err := a.client.Set(ctx, blockKey(big), huge, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := a.client.Append(ctx, blockKey(big), strings.Repeat("x", 8<<20)).Err(); err != nil {
		t.Fatal(err)
	}
	if got, _ := a.Get(ctx, big); len(got) != maxValue+1 {
		t.Errorf("read %d bytes", len(got))
	}
	a.client.RPush(ctx, blockKey(c), "a list")
	if _, ok := a.Get(ctx, c); ok || a.client.Exists(ctx, blockKey(c)).Val() != 0 {
		t.Error("a value of another type stays in the way")
	}
	if state, err := a.State(ctx); err != nil || !strings.HasPrefix(state, "ok, ") {
		t.Errorf("%q, %v", state, err)
	}
}

func TestFullRedis(t *testing.T) {
	for _, policy := range []string{"noeviction", "allkeys-lfu"} {
		t.Run(policy, func(t *testing.T) {
			s := startServer(t, "--maxmemory", "3mb", "--maxmemory-policy", policy)
			r := s.client(patient)
			for n := range uint64(20) {
				c, data := block(t, n, 300_000)
				r.Put(c, data)
			}
			until(t, "the writes", func() bool { return r.queued.Load() == 0 })
			if full := r.count("put", "full"); (full > 0) != (policy == "noeviction") {
				t.Errorf("%v writes were refused", full)
			}
			if _, err := r.State(t.Context()); err != nil {
				t.Errorf("a full Redis counts as an outage: %v", err)
			}
			c, data := block(t, 99, 300_000)
			done, leader := r.Lead(t.Context(), c)
			if !leader {
				t.Error("nobody fetches")
			}
			done(data)
		})
	}
}

func TestQueueIsBounded(t *testing.T) {
	r, err := NewRedis(RedisConfig{URL: "redis://localhost:1", QueueBytes: 1000}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, data := block(t, 1, 300)
	for range 2 * waitingWrites {
		r.Put(c, data)
	}
	if n := value(r.metrics.dropped); n != 2*waitingWrites-3 || r.queued.Load() != 900 {
		t.Errorf("dropped %v, %d bytes wait", n, r.queued.Load())
	}
	r.handOver(write{key: "k", lock: "l", token: "t"}, data)
	if w := <-r.handovers; w.data != nil || w.lock != "l" {
		t.Error("a full queue keeps the lead")
	}
}

// Whatever happens to Redis, no call takes long, and it is used again within
// five seconds of its being well.
func TestOutages(t *testing.T) {
	for name, act := range map[string][2]func(s *server){
		"stopped": {(*server).stop, (*server).start},
		"hanging": {func(s *server) { s.signal(syscall.SIGSTOP) }, func(s *server) { s.signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t)
			r := s.client(RedisConfig{})
			ok := func() bool { _, err := r.State(t.Context()); return err == nil }
			until(t, "Redis", ok)
			act[0](s)
			var wg sync.WaitGroup
			for n := range uint64(50) {
				wg.Go(func() { hammer(t, r, n) })
			}
			wg.Wait()
			if ok() || r.count("get", "skipped") == 0 {
				t.Error("it is still called")
			}
			start := time.Now()
			r.Get(t.Context(), cid.Undef)
			if _, _, err := r.Allow(t.Context(), "k", 1, time.Second); !errors.Is(err, models.ErrUnavailable) {
				t.Error(err)
			}
			if took := time.Since(start); took > 20*time.Millisecond {
				t.Errorf("a call took %s while Redis is not used", took)
			}
			act[1](s)
			start = time.Now()
			until(t, "Redis to be used again", ok)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("used again after %s", took)
			}
		})
	}
}

func hammer(t *testing.T, r *Redis, n uint64) {
	c, data := block(t, n, 1000)
	for range 20 {
		start := time.Now()
		if got, ok := r.Get(t.Context(), c); ok && !bytes.Equal(got, data) {
			t.Error("other bytes")
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("a read took %s", took)
		}
		r.Put(c, data)
	}
}

func TestLead(t *testing.T) {
	s := startServer(t)
	a, b := s.client(patient), s.client(patient)
	c, data := block(t, 1, 1000)
	done, leader := a.Lead(t.Context(), c)
	if !leader {
		t.Fatal("the first one does not lead")
	}
	followed := make(chan bool, 1)
	go func() {
		_, leader := b.Lead(t.Context(), c)
		_, there := b.Get(t.Context(), c)
		followed <- !leader && there
	}()
	done(data)
	if !<-followed {
		t.Error("the second one got nothing")
	}
	until(t, "the lock to go", func() bool { return a.client.Exists(t.Context(), lockKey(c)).Val() == 0 })
}

func TestLeadPassesOn(t *testing.T) {
	s := startServer(t)
	cfg := patient
	cfg.LeadWait = 300 * time.Millisecond
	a, b := s.client(cfg), s.client(cfg)
	failed, _ := block(t, 1, 10)
	done, _ := a.Lead(t.Context(), failed)
	done(nil)
	start := time.Now()
	if _, leader := b.Lead(t.Context(), failed); !leader || time.Since(start) > 200*time.Millisecond {
		t.Errorf("after a failure: %v, %s", leader, time.Since(start))
	}
	dead, data := block(t, 2, 10)
	late, _ := a.Lead(t.Context(), dead) // never gives it back in time
	taken, leader := b.Lead(t.Context(), dead)
	if !leader {
		t.Error("a dead leader keeps the others")
	}
	late(nil) // not its lock any more
	until(t, "the release", func() bool { return a.count("release", "ok") >= 2 })
	taken(data)
	until(t, "the block", func() bool { _, ok := a.Get(t.Context(), dead); return ok })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, leader := b.Lead(gone, failed); !leader {
		t.Error("waits for nobody")
	}
}

func TestAllow(t *testing.T) {
	s := startServer(t)
	a, b := s.client(patient), s.client(patient)
	ctx := t.Context()
	const per = 400 * time.Millisecond
	allowed := 0
	var wait time.Duration
	for n := range 20 {
		r := []*Redis{a, b}[n%2]
		ok, retry, err := r.Allow(ctx, "anna", 5, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			allowed++
		} else if wait = retry; wait <= 0 || wait > 2*time.Hour {
			t.Errorf("retry after %s", wait)
		}
	}
	if allowed != 5 {
		t.Errorf("%d of 5", allowed)
	}
	if ok, _, _ := a.Allow(ctx, "berta", 5, time.Hour); !ok {
		t.Error("one key's events count for another")
	}
	a.GiveBack(ctx, "anna", time.Hour)
	a.GiveBack(ctx, "nobody", time.Hour)
	for n, want := range []bool{true, false} {
		if ok, _, err := b.Allow(ctx, "anna", 5, time.Hour); err != nil || ok != want {
			t.Errorf("after one was given back, try %d: %v %v", n, ok, err)
		}
	}
	for range 8 { // what is told is true, and not by far too much
		ok, retry, err := a.Allow(ctx, "short", 2, per)
		if err != nil || ok == (retry > 0) || retry > 2*per {
			t.Fatalf("%v %s %v", ok, retry, err)
		}
		if !ok {
			<-time.After(retry)
			if ok, again, _ := a.Allow(ctx, "short", 2, per); !ok && again > per/10 {
				t.Errorf("told to come after %s, then %s more", retry, again)
			}
		}
	}
	for _, bad := range []struct {
		max int
		per time.Duration
	}{{0, time.Second}, {1, 0}, {1, time.Microsecond}} {
		if _, _, err := a.Allow(ctx, "x", bad.max, bad.per); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func BenchmarkRedisGet(b *testing.B) {
	s := startServer(b)
	r := s.client(patient)
	c, data := block(b, 1, 700_000)
	r.Put(c, data)
	until(b, "the block", func() bool { _, ok := r.Get(b.Context(), c); return ok })
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.Get(b.Context(), c); !ok {
			b.Fatal("gone")
		}
	}
}
