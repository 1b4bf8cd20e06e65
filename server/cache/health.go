package cache

import (
	"context"
	"fmt"
	"time"

	"runnel/models"
)

const (
	probeTimeout = time.Second            // to connect, and for the first answer
	probeDown    = 250 * time.Millisecond // between probes while Redis is not used
	probeUp      = time.Second            // and while it is: an outage shows before anybody meets it
)

// watch probes Redis, one probe at a time. Only it brings Redis back into use.
func (r *Redis) watch(ctx context.Context) error {
	for {
		wait := probeUp
		if !r.breaker.allow() {
			wait = probeDown
		}
		r.probe(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// probe connects at leisure, and then wants an answer as soon as anybody would.
func (r *Redis) probe(ctx context.Context) {
	if r.breaker.allow() {
		if r.do(ctx, "ping", r.cfg.OpTimeout, r.ping) == nil {
			r.metrics.up.Set(1)
		}
		return
	}
	for _, limit := range []time.Duration{probeTimeout, r.cfg.OpTimeout} {
		limited, cancel := context.WithTimeout(ctx, limit)
		err := r.ping(limited)
		cancel()
		r.metrics.request("probe", judge(ctx, err).word)
		if err != nil {
			return
		}
	}
	if pause := r.breaker.close(); pause > 0 {
		r.metrics.up.Set(1)
		r.log.Info("redis: in use again", "after", pause.Round(time.Millisecond))
	}
}

func (r *Redis) ping(ctx context.Context) error { return r.client.Ping(ctx).Err() }

// State says for a status page how Redis is: "ok, 1.2 ms" with the time of one
// round trip, or an error that wraps models.ErrUnavailable.
func (r *Redis) State(ctx context.Context) (string, error) {
	if err := r.breaker.why(); err != nil {
		return "", fmt.Errorf("cache: redis is not used, %s: %w", reason(err), models.ErrUnavailable)
	}
	start := time.Now()
	if err := r.do(ctx, "ping", r.cfg.OpTimeout, r.ping); err != nil {
		return "", fmt.Errorf("cache: redis: %s: %w", reason(err), models.ErrUnavailable)
	}
	return fmt.Sprintf("ok, %.1f ms", time.Since(start).Seconds()*1000), nil
}
