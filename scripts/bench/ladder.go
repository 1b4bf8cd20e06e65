package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"runnel/models/blockset"
	"runnel/server/blocks"
	"runnel/transcode"
	"runnel/transcode/ffmpeg"
)

// ladder holds the renditions of a film, made at the profile by sandboxed runs
// and imported as durable blocks, against one plain ffmpeg command with the same
// encodes, which writes files. Rounds alternate; the best of each is taken.
func ladder(flags *flag.FlagSet) runner {
	seconds := flags.Int("seconds", 30, "length of the films that are made")
	rounds := flags.Int("rounds", 2, "rounds")
	film := flags.String("film", "", "measure this film instead")
	runs := flags.Bool("runs", false, "say what each run of ffmpeg took")
	return func(ctx context.Context, l *lab) error {
		log := slog.New(slog.DiscardHandler)
		if *runs {
			log = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		if *film != "" {
			return l.ladderOf(ctx, log, *film, *rounds)
		}
		for _, c := range []clip{{854, 480, 0, 2_500_000}, {1920, 1080, 0, 8_000_000}} {
			c.length = time.Duration(*seconds) * time.Second
			path, err := l.encode(ctx, fmt.Sprintf("%dp.mp4", c.height), c)
			if err == nil {
				err = l.ladderOf(ctx, log, path, *rounds)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// ladderOf measures one film.
func (l *lab) ladderOf(ctx context.Context, log *slog.Logger, film string, rounds int) error {
	var ours, plain, busy, plainBusy []time.Duration
	for round := range rounds {
		before := processorTime()
		took, plan, err := l.makeLadder(ctx, log, film, fmt.Sprintf("ladder-%d", round))
		if err != nil {
			return err
		}
		ours, busy = append(ours, took), append(busy, processorTime()-before)
		before = processorTime()
		if took, err = l.plain(ctx, film, plan); err != nil {
			return err
		}
		plain, plainBusy = append(plain, took), append(plainBusy, processorTime()-before)
	}
	name := filepath.Base(film)
	l.say(name+": Runnel", "%s, best of %s", best(ours), list(ours))
	l.say(name+": one ffmpeg command", "%s, best of %s", best(plain), list(plain))
	l.say(name+": processor time", "%s and %s, %.4g times", best(busy), best(plainBusy), ratio(best(busy), best(plainBusy)))
	l.atMost(name+": Runnel / ffmpeg", ratio(best(ours), best(plain)), 1.05, "")
	return nil
}

// processorTime is what this process and the programs it waited for have used,
// on all cores together: what the machine's other work does not change much.
func processorTime() time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err == nil { // fails for another who only
			total += time.Duration(used.Utime.Nano() + used.Stime.Nano())
		}
	}
	return total
}

// makeLadder makes all of a film in a folder that is removed afterwards.
func (l *lab) makeLadder(ctx context.Context, log *slog.Logger, film, name string) (took time.Duration, plan transcode.Plan, err error) {
	dir := l.path(name)
	defer os.RemoveAll(dir)
	store, err := blocks.Open(filepath.Join(dir, "blocks"), log)
	if err != nil {
		return 0, plan, err
	}
	defer store.Close()
	tools, err := ffmpeg.New(ffmpeg.Config{Self: l.runnel}, log)
	if err != nil {
		return 0, plan, err
	}
	coder, err := transcode.New(transcode.Config{Runner: tools}, log)
	if err != nil {
		return 0, plan, err
	}
	start := time.Now()
	media, err := coder.Inspect(ctx, film)
	if err == nil {
		plan, err = coder.Plan(media)
	}
	if err == nil {
		_, err = coder.Run(ctx, plan, film, filepath.Join(dir, "work"), nil, keeper{store}, nil)
	}
	return time.Since(start), plan, err
}

// keeper makes blocks of everything that is made.
type keeper struct{ store *blocks.Store }

// Segment implements transcode.Sink.
func (k keeper) Segment(ctx context.Context, p transcode.Produced) error {
	file, err := os.Open(p.LocalPath)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = blockset.AddFile(ctx, k.store, p.ReleasePath, file)
	return err
}

// PartDone implements transcode.Sink.
func (k keeper) PartDone(context.Context, string, int) error { return nil }

// plain runs the command that someone would write by hand for the same ladder.
func (l *lab) plain(ctx context.Context, film string, plan transcode.Plan) (time.Duration, error) {
	dir := l.path("plain")
	defer os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	args := plainArgs(film, dir, plan, transcode.Standard())
	start := time.Now()
	_, err := output(ctx, "ffmpeg", args...)
	return time.Since(start), err
}
