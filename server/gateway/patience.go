package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// errSlow is the cause of a request's end that waited too long for its content.
var errSlow = errors.New("the content was not found in time")

// patience ends a request that sends nothing for so long: looking for content,
// or waiting for a client that takes none. The library's own is not used, since
// it drops the header of answers without a body.
type patience struct {
	limit time.Duration
	timer *time.Timer
	over  atomic.Bool
	out   *http.ResponseController
}

// begin returns the context of a patient request. The caller ends it.
func begin(ctx context.Context, w http.ResponseWriter, limit time.Duration) (context.Context, *patience) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{limit: limit, out: http.NewResponseController(w)}
	p.timer = time.AfterFunc(limit, func() {
		p.over.Store(true)
		cancel(errSlow)
	})
	return ctx, p
}

// wait comes before bytes are sent, sent after it.
func (p *patience) wait() {
	// A writer that has no deadline is one of a test: nobody keeps it waiting.
	_ = p.out.SetWriteDeadline(time.Now().Add(p.limit))
}

func (p *patience) sent() { p.timer.Reset(p.limit) }

// end stops the clock, and lifts the deadline from what the connection does next.
func (p *patience) end() {
	p.timer.Stop()
	_ = p.out.SetWriteDeadline(time.Time{})
}
