package cache

import (
	"sync/atomic"
	"time"
)

// breaker leaves something that failed alone. Once a rest is over one caller
// tries it, while the others still do without.
type breaker struct {
	rest  time.Duration
	until atomic.Int64 // nanoseconds since 1970; 0: nothing is wrong
}

// closed reports whether to ask.
func (b *breaker) closed(now time.Time) bool {
	until := b.until.Load()
	if until == 0 {
		return true
	}
	return now.UnixNano() >= until && b.until.CompareAndSwap(until, now.Add(b.rest).UnixNano())
}

// trip notes a failure and reports whether it is the first.
func (b *breaker) trip(now time.Time) bool { return b.until.Swap(now.Add(b.rest).UnixNano()) == 0 }

// mend notes a success and reports whether it ends an outage.
func (b *breaker) mend() bool { return b.until.Load() != 0 && b.until.Swap(0) != 0 }
