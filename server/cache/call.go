package cache

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"runnel/models"
)

// errResting: the breaker lets no call through.
var errResting = fmt.Errorf("redis is not used while it fails: %w", models.ErrUnavailable)

// result says how a call ended, and whether that speaks of Redis' health.
type result struct {
	word    string // the metric's label
	failure bool
	success bool
}

// do makes one call, if calls are let through, and learns from how it ends.
func (r *Redis) do(ctx context.Context, op string, limit time.Duration, call func(context.Context) error) error {
	if !r.breaker.allow() {
		r.metrics.request(op, "skipped")
		return errResting
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := call(limited)
	res := judge(ctx, err)
	r.metrics.request(op, res.word)
	switch {
	case res.success:
		r.breaker.success()
	case res.failure && r.breaker.fail(err):
		r.metrics.up.Set(0)
		r.log.Warn("redis: not used until it answers again", "reason", reason(err))
	}
	return err
}

func judge(ctx context.Context, err error) result {
	var reply redis.Error
	switch {
	case err == nil:
		return result{word: "ok", success: true}
	case errors.Is(err, redis.Nil):
		return result{word: "miss", success: true}
	case ctx.Err() != nil:
		return result{word: "gone"} // whoever asked did not wait
	case errors.Is(err, redis.ErrPoolTimeout):
		return result{word: "busy"} // all connections at work is no outage
	case redis.IsOOMError(err):
		return result{word: "full", success: true}
	case errors.As(err, &reply) && redis.HasErrorPrefix(err, "WRONGTYPE"):
		return result{word: "wrong", success: true}
	}
	return result{word: "error", failure: true}
}

// reason tells of a failure without addresses.
func reason(err error) string {
	var op *net.OpError
	switch timeout, ok := err.(interface{ Timeout() bool }); {
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}
