package cache

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// RedisConfig says where Redis is; each zero field has the default that its
// comment names.
type RedisConfig struct {
	URL      string        // redis://, rediss:// or unix://
	Patience time.Duration // for one question; 50 ms, beyond which a disk is faster
	Keep     time.Duration // how long a block stays; 24 h
	Rest     time.Duration // how long Redis is left alone after a failure; 1 s
}

const (
	redisPrefix  = "runnel:1:"
	redisQueue   = 16 // blocks waiting to be written; more are dropped
	redisWriters = 2
	maxBlock     = 2 << 20
	leadFor      = 10 * time.Second // a leader that died is replaced after this
	writeFor     = time.Second
)

// Redis is a cache of blocks that several servers share, keyed by multihash.
// Nothing that it returns is trusted: whoever asks must hash it. It never makes
// a caller wait for longer than Patience, and after a failure it is left alone
// for a moment: a Redis that is gone, hangs or is full costs speed and nothing
// else. How much it holds is Redis' own maxmemory.
type Redis struct {
	cfg     RedisConfig
	client  *redis.Client
	log     *slog.Logger
	breaker breaker
	queue   chan models.Block
	results *prometheus.CounterVec
	up      prometheus.Gauge
}

// NewRedis does not dial. A URL that cannot be read is models.ErrInvalid.
func NewRedis(cfg RedisConfig, log *slog.Logger, metrics prometheus.Registerer) (*Redis, error) {
	options, err := redis.ParseURL(cfg.URL)
	if err != nil { // the error may hold the URL, and that a password
		return nil, models.NewFault(models.ErrInvalid, "redis_url", "The Redis URL cannot be read.")
	}
	cfg.Patience = orElse(cfg.Patience, 50*time.Millisecond)
	cfg.Keep = orElse(cfg.Keep, 24*time.Hour)
	cfg.Rest = orElse(cfg.Rest, time.Second)
	options.MaxRetries = -1 // the breaker decides
	options.ContextTimeoutEnabled = true
	options.DialTimeout, options.PoolTimeout = writeFor, cfg.Patience
	options.ReadTimeout, options.WriteTimeout = writeFor, writeFor
	r := &Redis{
		cfg: cfg, client: redis.NewClient(options), log: log,
		breaker: breaker{rest: cfg.Rest}, queue: make(chan models.Block, redisQueue),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "runnel", Subsystem: "redis", Name: "requests_total",
			Help: "What became of requests to Redis: hit, miss, stored, full, failed, dropped (too many wait), skipped (left alone after a failure).",
		}, []string{"op", "result"}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "runnel", Subsystem: "redis", Name: "up", Help: "1 while Redis answers.",
		}),
	}
	if err := errors.Join(metrics.Register(r.results), metrics.Register(r.up)); err != nil {
		return nil, fmt.Errorf("cache: redis: %w", errors.Join(err, r.client.Close()))
	}
	return r, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Get returns bytes that somebody stored under a block's name, unchecked.
func (r *Redis) Get(ctx context.Context, c cid.Cid) (data []byte, ok bool) {
	r.ask(ctx, "get", r.cfg.Patience, func(ctx context.Context) (string, error) {
		var err error
		if data, err = r.client.Get(ctx, blockKey(c)).Bytes(); errors.Is(err, redis.Nil) {
			return "miss", nil
		}
		ok = err == nil
		return "hit", err
	})
	return data, ok
}

// Put stores a block's bytes some time later, or not at all when much waits
// already. Nobody may change them from here on.
func (r *Redis) Put(c cid.Cid, data []byte) {
	if len(data) > maxBlock {
		return
	}
	select {
	case r.queue <- models.Block{CID: c, Data: data}:
	default:
		r.results.WithLabelValues("put", "dropped").Inc()
	}
}

// Drop forgets a block whose bytes were wrong.
func (r *Redis) Drop(ctx context.Context, c cid.Cid) {
	r.ask(ctx, "drop", writeFor, func(ctx context.Context) (string, error) {
		return "stored", r.client.Del(ctx, blockKey(c)).Err()
	})
}

// unlock deletes a lock that is still its holder's
// (https://redis.io/docs/latest/commands/set/#patterns).
var unlock = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`)

// Lead reports whether this caller is the one, of all servers, to fetch a block
// that none of them has. The leader calls done with the bytes, nil for none:
// they are stored before another one may lead. Without Redis everybody leads.
func (r *Redis) Lead(ctx context.Context, c cid.Cid, token string) (done func(data []byte), leads bool) {
	lock := redisPrefix + "lead:" + hex.EncodeToString(c.Hash())
	leads = true
	asked := r.ask(ctx, "lead", r.cfg.Patience, func(ctx context.Context) (string, error) {
		var err error
		leads, err = r.client.SetNX(ctx, lock, token, leadFor).Result()
		if err != nil {
			leads = true
		}
		return "stored", err
	})
	if !asked || !leads {
		return func([]byte) {}, leads
	}
	return func(data []byte) {
		ctx := context.WithoutCancel(ctx)
		if data != nil {
			r.store(ctx, models.Block{CID: c, Data: data})
		}
		r.ask(ctx, "lead", writeFor, func(ctx context.Context) (string, error) {
			return "stored", unlock.Run(ctx, r.client, []string{lock}, token).Err()
		})
	}, true
}

func (r *Redis) store(ctx context.Context, b models.Block) {
	r.ask(ctx, "put", writeFor, func(ctx context.Context) (string, error) {
		err := r.client.Set(ctx, blockKey(b.CID), b.Data, r.cfg.Keep).Err()
		if err != nil && strings.HasPrefix(err.Error(), "OOM") { // full, and told not to evict: it still answers
			return "full", nil
		}
		return "stored", err
	})
}

// ask makes one request within its time, unless Redis is being left alone, and
// reports whether it went well.
func (r *Redis) ask(ctx context.Context, op string, limit time.Duration, do func(context.Context) (string, error)) bool {
	if !r.breaker.closed(time.Now()) {
		r.results.WithLabelValues(op, "skipped").Inc()
		return false
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := do(limited)
	if err != nil && ctx.Err() != nil {
		return false // whoever asked has gone; that says nothing of Redis
	}
	if err != nil {
		result = "failed"
		if r.breaker.trip(time.Now()) {
			r.log.Warn("cache: Redis does not answer; going on without it", "op", op, "err", err)
		}
		r.up.Set(0)
	} else {
		if r.breaker.mend() {
			r.log.Info("cache: Redis answers again")
		}
		r.up.Set(1)
	}
	r.results.WithLabelValues(op, result).Inc()
	return err == nil
}

// Run writes what Put was given, and looks after a Redis that failed, until ctx
// ends.
func (r *Redis) Run(ctx context.Context) error {
	var g errgroup.Group
	for range redisWriters {
		g.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case b := <-r.queue:
					r.store(ctx, b)
				}
			}
		})
	}
	g.Go(func() error {
		tick := time.NewTicker(r.cfg.Rest)
		defer tick.Stop()
		for {
			r.ask(ctx, "ping", writeFor, func(ctx context.Context) (string, error) { return "stored", r.client.Ping(ctx).Err() })
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
	return g.Wait()
}

// State tells how Redis does; models.ErrUnavailable while it is left alone.
func (r *Redis) State(ctx context.Context) (string, error) {
	began := time.Now()
	if !r.ask(ctx, "ping", writeFor, func(ctx context.Context) (string, error) { return "stored", r.client.Ping(ctx).Err() }) {
		return "", fmt.Errorf("cache: Redis does not answer: %w", models.ErrUnavailable)
	}
	return fmt.Sprintf("answers in %v", time.Since(began).Round(10*time.Microsecond)), nil
}

// Close gives the connections back. It may be called again.
func (r *Redis) Close() error {
	if err := r.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("cache: redis: %w", err)
	}
	return nil
}

func blockKey(c cid.Cid) string { return redisPrefix + "block:" + hex.EncodeToString(c.Hash()) }
