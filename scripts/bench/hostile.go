package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
)

// hostile holds what an honest peer sees of a node that a crowd of others
// attacks against what it sees in peace: cold segments over HTTP, as in cold. The
// crowd needs processor time too and has the same cores.
func hostile(flags *flag.FlagSet) runner {
	count := flags.Int("count", 200, "segments to ask for in peace, and again during the attack")
	foes := flags.Int("foes", 240, "peers that attack, from 16 addresses; who is thrown out comes again")
	silent := flags.Int("silent", 760, "connections beside them that say nothing")
	kinds := flags.Int("kinds", 63, "a bit for each evil: many wants, long blocks, garbage, unfinished messages, blocks that are not read, unknown protocols")
	pause := flags.Duration("pause", 100*time.Millisecond, "between two requests")
	idle := flags.Bool("idle", true, "the crowd runs when nobody else wants the processor; else it competes with the nodes")
	profile := flags.String("profile", "", "write a CPU profile of the attacked node here")
	return func(ctx context.Context, l *lab) error {
		f := film{seed: 6, segments: 2 * *count * coldStride, segmentBytes: 100_000}
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
		peace, err := coldTimes(ctx, base, root, 0, *count, *pause)
		if err != nil {
			return err
		}
		rest, _, err := a.memory()
		if err != nil {
			return err
		}
		attack, err := l.orderOn(ctx, a, f)
		if err != nil {
			return err
		}
		attack.Foes, attack.Silent, attack.Kinds = *foes, *silent, *kinds
		c, err := newHorde(attack, *idle)
		if err != nil {
			return err
		}
		w := war{victim: a, honest: b, crowd: c}
		if err := errors.Join(c.begun(), w.note(ctx)); err != nil {
			c.last()
			return err
		}
		if *profile != "" {
			go func() { l.note(a.profile(ctx, time.Duration(*count)*(*pause), *profile)) }()
		}
		attacked, err := coldTimes(ctx, base, root, *count, *count, *pause)
		if err := errors.Join(err, w.report(ctx, l)); err != nil {
			return fmt.Errorf("the honest peer was not served: %w", err)
		}
		_, peak, err := a.memory()
		if err != nil {
			return err
		}
		for _, what := range []string{"want", "long_message", "garbage", "unfinished", "memory", "flood", "stalled", "wrong_bytes", "banned_peer", "slowed_address"} {
			n, err := a.metric(ctx, "runnel_p2p_refused_total", `what="`+what+`"`)
			if err != nil {
				return err
			}
			l.say("refused: "+what, "%.0f", n)
		}
		l.say("honest peer, in peace", "p50 %.1f ms, p99 %.1f ms", ms(percentile(peace, 50)), ms(percentile(peace, 99)))
		l.say("honest peer, during the attack", "p50 %.1f ms, p99 %.1f ms", ms(percentile(attacked, 50)), ms(percentile(attacked, 99)))
		l.atMost("its resident set grows by", float64(peak-rest)/(1<<20), 150, " MiB")
		l.atMost("honest peer, p99 against peace", float64(percentile(attacked, 99))/float64(percentile(peace, 99)), 2, " times")
		return nil
	}
}

// coldTimes asks for segments that lie coldStride apart, one at a time.
func coldTimes(ctx context.Context, base string, root cid.Cid, from, count int, pause time.Duration) (times []time.Duration, err error) {
	for i := from; i < from+count; i++ {
		took, err := fetchTime(ctx, segmentURL(base, root, i*coldStride))
		if err != nil {
			return nil, err
		}
		times = append(times, took)
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
	}
	return times, nil
}
