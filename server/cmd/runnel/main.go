// Command runnel is the one binary: it runs a node, publishes files to one, and
// looks after a node's data folder. One file per command.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// version is set by the build.
var version = "dev"

// The exit codes beside 0.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitCorrupt     = 4
	exitInterrupted = 130
)

func main() {
	ffmpeg.MaybeSandbox() // in a sandboxed child this call does not return
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	var cli commands
	parser, err := newParser(ctx, &cli)
	if err != nil {
		return report(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		parser.Errorf("%s", err)
		return exitUsage
	}
	return report(parsed.Run())
}

func newParser(ctx context.Context, cli *commands) (*kong.Kong, error) {
	file, err := settingsFile(os.Args[1:], os.Getenv)
	if err != nil {
		return nil, err
	}
	return kong.New(cli, kong.Name("runnel"), kong.Description("A media streaming platform carried by the machines that use it."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Resolvers(file),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Vars{"data": defaultData()})
}

// report prints what went wrong, once, and returns the exit code.
func report(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "runnel: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "runnel:", printable(sentence(err)))
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, models.ErrNotFound):
		return exitNotFound
	case errors.Is(err, models.ErrCorrupt):
		return exitCorrupt
	}
	return exitFailure
}

// sentence is what a person reads of an error: a fault's own words, or all of it.
func sentence(err error) string {
	if fault, ok := errors.AsType[*models.Fault](err); ok {
		return fault.Text
	}
	return err.Error()
}
