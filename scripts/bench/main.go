// Command bench measures Runnel and prints ratios: each against what it is to
// be held against, side by side in one run and on one machine. It starts the
// real binary on folders and ports of its own and needs no privilege. Nothing
// imports it. One file a benchmark; README.md says what each measures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// The exit codes beside 0.
const (
	exitFailed = 1 // a benchmark could not be run
	exitUsage  = 2
	exitMissed = 4 // a target was missed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	name := "all"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "list":
		for _, b := range table() {
			fmt.Printf("%-10s %s\n", b.name, b.about)
		}
		return 0
	case "needs":
		fmt.Println(strings.Join(needs(args), " "))
		return 0
	case hordeWord:
		if err := beHorde(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "bench: horde:", err)
			return exitFailed
		}
		return 0
	}
	chosen := choose(name)
	if len(chosen) == 0 {
		fmt.Fprintf(os.Stderr, "bench: there is no benchmark %q; 'list' names them\n", name)
		return exitUsage
	}
	return measure(ctx, chosen, args)
}

// choose returns the benchmarks of that name, or all of them.
func choose(name string) []benchmark {
	if name == "all" {
		return table()
	}
	return slices.DeleteFunc(table(), func(b benchmark) bool { return b.name != name })
}

// needs lists what scripts/install must have for these arguments.
func needs(args []string) []string {
	name := "all"
	if len(args) > 0 {
		name = args[0]
	}
	out := []string{"ffmpeg"} // a node refuses to start without
	for _, b := range choose(name) {
		out = append(out, b.needs...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// measure runs the benchmarks one after the other. One that fails does not keep
// the others from being run.
func measure(ctx context.Context, chosen []benchmark, args []string) int {
	failed, missed := false, false
	for _, b := range chosen {
		set := flag.NewFlagSet(b.name, flag.ContinueOnError)
		measure := b.setup(set)
		if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
			return 0
		} else if err != nil {
			return exitUsage
		}
		if set.NArg() > 0 {
			fmt.Fprintf(os.Stderr, "bench: %s takes no argument %q\n", b.name, set.Arg(0))
			return exitUsage
		}
		l, err := openLab(b.name)
		if err == nil {
			err = errors.Join(measure(ctx, l), l.close())
			missed = missed || l.missed > 0
		}
		if err != nil {
			failed = true
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", b.name, err)
		}
		if ctx.Err() != nil {
			return exitFailed
		}
	}
	switch {
	case failed:
		return exitFailed
	case missed:
		return exitMissed
	}
	return 0
}
