package cache

import (
	"context"
	"fmt"
	"time"

	"runnel/models"
)

// First puts a key into a set that all servers share, for ttl, and reports
// whether it was not there. An error wraps models.ErrUnavailable: nothing is
// known; or models.ErrInvalid: ttl is not positive, to the millisecond.
func (r *Redis) First(ctx context.Context, key string, ttl time.Duration) (first bool, err error) {
	if ttl < time.Millisecond {
		return false, fmt.Errorf("cache: once for %s: %w", ttl, models.ErrInvalid)
	}
	err = r.do(ctx, "first", r.cfg.OpTimeout, func(ctx context.Context) error {
		var err error
		first, err = r.client.SetNX(ctx, oncePrefix+key, 1, ttl).Result()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("cache: once: %s: %w", reason(err), models.ErrUnavailable)
	}
	return first, nil
}
