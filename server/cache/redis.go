package cache

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// CodeRedisURL is the Fault of a Redis URL that cannot be used.
const CodeRedisURL = "redis_url"

// RedisConfig says where Redis is and how long it may take; each zero field but
// URL has the default that its comment names.
type RedisConfig struct {
	URL          string        // redis://, rediss:// (TLS) or unix://; database and account in it
	OpTimeout    time.Duration // for what somebody waits for, connecting included; 50 ms
	WriteTimeout time.Duration // for writing a block, for which nobody waits; 500 ms
	TTL          time.Duration // of a block; 1 h
	LeadWait     time.Duration // the most one waits for another server's fetch; 3 s
	QueueBytes   int64         // of blocks waiting to be written; 32 MiB
	Connections  int           // at most; 32
}

func (c RedisConfig) withDefaults() RedisConfig {
	def := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&c.OpTimeout, 50*time.Millisecond)
	def(&c.WriteTimeout, 500*time.Millisecond)
	def(&c.TTL, time.Hour)
	def(&c.LeadWait, 3*time.Second)
	if c.QueueBytes <= 0 {
		c.QueueBytes = 32 << 20
	}
	if c.Connections <= 0 {
		c.Connections = 32
	}
	return c
}

// Redis is what servers share: blocks, the right to fetch one, and rate limits.
// It serves as long as Redis answers in time. When Redis fails or is slow no
// call is made to it for a while: blocks are not found, everybody may fetch, and
// Allow says that it cannot tell. It is safe for concurrent use.
//
// One Redis (7.0 or later), not a cluster. Its maxmemory bounds the blocks; an
// eviction policy of allkeys-lfu suits them.
type Redis struct {
	cfg     RedisConfig
	client  *redis.Client
	log     *slog.Logger
	breaker breaker
	metrics *redisMetrics
	scripts scripts

	blocks    chan write // hot blocks on their way
	handovers chan write // blocks that other servers wait for, and locks to give back
	queued    atomic.Int64
	closing   sync.Once
}

// NewRedis returns a Redis that has not connected yet: one that is down is no
// error. A URL that cannot be used is a models.ErrInvalid Fault. reg may be nil.
// The caller runs Run and calls Close.
func NewRedis(cfg RedisConfig, log *slog.Logger, reg prometheus.Registerer) (*Redis, error) {
	cfg = cfg.withDefaults()
	opts, err := redisOptions(cfg)
	if err != nil {
		return nil, err
	}
	metrics, err := newRedisMetrics(reg)
	if err != nil {
		return nil, fmt.Errorf("cache: redis metrics: %w", err)
	}
	return &Redis{
		cfg: cfg, client: redis.NewClient(opts), log: log, metrics: metrics, scripts: newScripts(),
		blocks: make(chan write, waitingWrites), handovers: make(chan write, waitingWrites),
	}, nil
}

// redisOptions never puts the URL into an error: it may hold a password.
func redisOptions(cfg RedisConfig) (*redis.Options, error) {
	o, err := redis.ParseURL(cfg.URL)
	if err != nil {
		return nil, models.NewFault(models.ErrInvalid, CodeRedisURL,
			"The Redis URL must look like redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/redis.sock.")
	}
	o.Protocol = 2
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.ContextTimeoutEnabled = true
	o.ReadTimeout, o.WriteTimeout = probeTimeout, probeTimeout
	o.DialTimeout, o.DialerRetries, o.MaxRetries = probeTimeout, 1, -1
	o.PoolSize, o.MaxActiveConns, o.PipelinePoolSize = cfg.Connections, cfg.Connections, -1
	o.PoolTimeout = cfg.OpTimeout / 2
	return o, nil
}

// Run writes what was put and watches Redis' health until ctx ends.
func (r *Redis) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return r.watch(ctx) })
	g.Go(func() error { return r.writeAll(ctx, r.handovers) })
	g.Go(func() error { return r.writeAll(ctx, r.blocks) })
	return g.Wait()
}

// Close closes the connections. A second Close does nothing.
func (r *Redis) Close() (err error) {
	r.closing.Do(func() { err = r.client.Close() })
	return err
}
