package main

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"time"
)

// egress counts what an origin sends when a crowd watches its release at another
// node, which does not hold it.
func egress(flags *flag.FlagSet) runner {
	viewers := flags.Int("viewers", 100, "viewers")
	segments := flags.Int("segments", 60, "segments of 4 s in the release")
	pace := flags.Duration("pace", time.Second, "between two segments of one viewer")
	within := flags.Duration("within", 15*time.Second, "time in which they come")
	return func(ctx context.Context, l *lab) error {
		f := film{seed: 3, segments: *segments, segmentBytes: pacedBytes}
		a, b, root, err := l.pair(ctx, f)
		if err != nil {
			return err
		}
		defer a.stop()
		defer b.stop()
		base, err := b.door(ctx, root)
		if err != nil {
			return err
		}
		met := &audience{}
		var all sync.WaitGroup
		for range *viewers {
			all.Go(func() {
				if wait(ctx, rand.N(*within)) == nil {
					viewer{base: base, root: root, film: f, pace: *pace}.watch(ctx, met, f.segments)
				}
			})
		}
		all.Wait()
		for _, failure := range met.failures[:min(3, len(met.failures))] {
			l.note(failure)
		}
		sent, err := a.metric(ctx, "runnel_p2p_sent_bytes_total")
		if err != nil {
			return err
		}
		size := float64(f.segments) * float64(f.segmentBytes)
		l.say("release", "%.1f MB; viewers took %.1f MB", size/1e6, float64(met.bytes)/1e6)
		l.atMost("errors", float64(len(met.failures)), 0, "")
		l.say("first byte", "p50 %.1f ms, p99 %.1f ms", ms(percentile(met.waits, 50)), ms(percentile(met.waits, 99)))
		l.atMost("bytes that left the origin / release", sent/size, 1.05, "")
		return nil
	}
}
