package main

import (
	"context"
	"errors"
	"time"

	"runnel/models"
)

// A server that restarts is back within seconds; one that stays away for
// minutes needs a person.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 8 * time.Second
	patience   = 20 // pauses without an answer
)

// patiently calls do until it succeeds, fails for good, or the server has been
// unavailable for too long.
func patiently(ctx context.Context, do func() error) error {
	wait := firstPause
	for try := 0; ; try++ {
		begun := time.Now()
		err := do()
		if err == nil || !errors.Is(err, models.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		if time.Since(begun) > lastPause { // it worked for a while: start over
			wait, try = firstPause, 0
		}
		if try >= patience {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, lastPause)
	}
}

// pause waits for d, or less when ctx ends, and then returns its error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
