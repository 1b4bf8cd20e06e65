package ingest

import (
	"context"
	"errors"
	"time"

	"runnel/models"
)

// internal is what a creator reads when the machine, not the file, was at
// fault. What happened stands in the log.
var internal = models.Failure{
	Code: "internal",
	Text: "Something went wrong on this server while your file was being prepared; try again, and tell the server's operator if it happens twice.",
}

// outcome is how an attempt ended.
type outcome int

const (
	succeeded outcome = iota
	stopped           // the worker shuts down: the job goes back untouched
	taken             // the lease is gone: cancelled, deleted or another's
	refused           // the file's own fault: trying again changes nothing
	broken            // the machine's fault: worth another attempt
	outcomes          // how many there are
)

// label is the outcome in metrics.
func (o outcome) label() string {
	return [outcomes]string{succeeded: "done", stopped: "returned", taken: "lost", refused: "failed", broken: "retried"}[o]
}

// judge reads an attempt's error. ctx is the attempt's: its cause says why it
// was cancelled.
func judge(ctx context.Context, err error) (outcome, models.Failure) {
	if err == nil {
		return succeeded, models.Failure{}
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errLeaseLost):
		return taken, models.Failure{}
	case errors.Is(cause, errShutdown):
		return stopped, models.Failure{}
	}
	if errors.Is(err, errLeaseLost) {
		return taken, models.Failure{}
	}
	var f *models.Fault
	if !errors.As(err, &f) {
		return broken, internal
	}
	failure := models.Failure{Code: f.Code, Text: advised(f)}
	if errors.Is(f, models.ErrInvalid) || errors.Is(f, models.ErrTooLarge) || errors.Is(f, models.ErrCorrupt) {
		return refused, failure
	}
	return broken, failure
}

// backoff is how long a job rests after its n-th failed attempt (from 1).
func backoff(n int) time.Duration {
	const most = 10 * time.Minute
	d := 2 * time.Second
	for ; n > 1 && d < most; n-- {
		d *= 5
	}
	return min(d, most)
}

var (
	errLeaseLost = errors.New("ingest: the lease is lost")
	errShutdown  = errors.New("ingest: the worker stops")
)
