package main

import (
	"context"
	"flag"
	"fmt"
	"time"
)

// viewers tells what a viewer meets and what the server costs as more of them
// watch.
func viewers(flags *flag.FlagSet) runner {
	o := loads{films: 2, segments: 60}
	most := flags.Int("most", 1000, "viewers at the end")
	flags.DurationVar(&o.time, "time", 20*time.Second, "how long each number of them watches")
	return func(ctx context.Context, l *lab) error {
		f, roots, err := l.films(ctx, o)
		if err != nil {
			return err
		}
		n, err := l.serve(ctx, "data")
		if err != nil {
			return err
		}
		defer n.stop()
		const row = "%10v %10v %10v %10v %10v %10v"
		l.say("viewers", row, "MB/s", "p50 ms", "p99 ms", "stalls %", "errors", "RSS MiB")
		for _, o.viewers = range []int{10, 100, 300, 1000} {
			if o.viewers > *most {
				break
			}
			a := crowd(ctx, n, f, roots, o)
			now, _, err := n.memory()
			if err != nil {
				return err
			}
			l.say(fmt.Sprint(o.viewers), row, fmt.Sprintf("%.0f", float64(a.bytes)/1e6/o.time.Seconds()),
				fmt.Sprintf("%.1f", ms(percentile(a.waits, 50))), fmt.Sprintf("%.1f", ms(percentile(a.waits, 99))),
				fmt.Sprintf("%.2f", a.stalls()), len(a.failures), fmt.Sprintf("%.0f", mib(now)))
		}
		return nil
	}
}
