package cache

import (
	"context"
	"fmt"
	"time"

	"runnel/models"
)

// Allow counts one more event under key and reports whether there are at most
// max of them in a sliding window of that length, over all servers; refused
// events do not count. When they do not fit, retryAfter says when one will. An
// error wraps models.ErrUnavailable: the caller counts by itself meanwhile; or
// models.ErrInvalid: max or per is not positive, per to the millisecond.
func (r *Redis) Allow(ctx context.Context, key string, max int, per time.Duration) (ok bool, retryAfter time.Duration, err error) {
	if max <= 0 || per < time.Millisecond {
		return false, 0, fmt.Errorf("cache: limit of %d in %s: %w", max, per, models.ErrInvalid)
	}
	var wait int64
	err = r.do(ctx, "allow", r.cfg.OpTimeout, func(ctx context.Context) error {
		var err error
		wait, err = r.scripts.allow.Run(ctx, r.client, []string{limitPrefix + key}, max, per.Milliseconds()).Int64()
		return err
	})
	if err != nil {
		return false, 0, fmt.Errorf("cache: limit: %s: %w", reason(err), models.ErrUnavailable)
	}
	return wait == 0, time.Duration(wait) * time.Millisecond, nil
}

// GiveBack takes one event back that Allow counted under key in the present
// window of that length. It is best effort: what is not taken back counts until
// its time is over.
func (r *Redis) GiveBack(ctx context.Context, key string, per time.Duration) {
	if per < time.Millisecond {
		return
	}
	_ = r.do(ctx, "giveback", r.cfg.OpTimeout, func(ctx context.Context) error {
		return r.scripts.giveBack.Run(ctx, r.client, []string{limitPrefix + key}, per.Milliseconds()).Err()
	})
}
