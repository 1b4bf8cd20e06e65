package main

import (
	"context"
	"flag"
	"fmt"
	"time"
)

// link measures the same page over a slow link, and plays on while its rate
// falls to a half, and seeks there.
func link(flags *flag.FlagSet) runner {
	film := flags.String("film", "", "publish this film instead of one that is made")
	rate := flags.Float64("rate", 10e6, "bits per second")
	trip := flags.Duration("rtt", 80*time.Millisecond, "round trip")
	opens, seeks := flags.Int("opens", 7, "times the page is opened"), flags.Int("seeks", 8, "seeks")
	full, half := flags.Int("full", 10, "seconds to play at the full rate"), flags.Int("half", 50, "seconds to play on at the half")
	return func(ctx context.Context, l *lab) error {
		n, path, err := l.published(ctx, *film)
		if err != nil {
			return err
		}
		defer n.stop()
		between, err := openSlow(n.url, *rate, *trip)
		if err != nil {
			return err
		}
		defer between.close()
		at := fmt.Sprintf("http://localhost:%d%s", between.port(), path)
		seen, err := l.look(ctx, at, *opens, *seeks, nil)
		if err != nil {
			return err
		}
		l.judgePage(" over the link", seen)
		var how standing
		_, err = l.look(ctx, at, 1, 0, func(wait func(int) (standing, error)) error {
			if how, err = wait(*full); err != nil {
				return err
			}
			l.say("stood still at the full rate", "%.0f ms, qualities %v", how.Stalled, how.Qualities)
			between.setRate(*rate / 2)
			how, err = wait(*half)
			return err
		})
		if err != nil {
			return err
		}
		l.say("qualities (second, lines)", "%v", how.Qualities)
		l.atMost("stood still while the rate halved", how.Stalled/1000, 0, " s")
		between.setRate(*rate)
		seen, err = l.look(ctx, at, 1, *seeks, func(wait func(int) (standing, error)) error {
			_, err := wait(4) // until the rate is known that will be no more
			between.setRate(*rate / 2)
			return err
		})
		l.say("after a seek, the rate just halved", "%s", list(seen.Seeks.durations()))
		return err
	}
}
