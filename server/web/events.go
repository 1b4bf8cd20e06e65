package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"runnel/models"
)

func (s *Server) serveStreams(api *gin.RouterGroup) { api.GET("/releases/:id/events", s.events) }

// events tells a release whenever it changes, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), until it has
// ended or the client leaves. It reads the row again and again instead of being
// told: so it is right after a restart and with the worker on another node, and
// costs nothing while nobody listens.
func (s *Server) events(c *gin.Context) {
	ctx := c.Request.Context()
	r, err := s.seen(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.fail(c, NewProblem(http.StatusServiceUnavailable, "too_many_listeners", "Too many clients are listening. Try again in a moment.").after(10))
		return
	}
	s.metrics.listeners.Inc()
	defer s.metrics.listeners.Dec()
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	c.Writer.WriteHeader(http.StatusOK)
	st := &stream{out: newMovingWriter(c.Writer)}
	s.follow(ctx, st, &r)
}

// stream is one listener and the last thing it was told.
type stream struct {
	out  *movingWriter
	last []byte
}

func (s *Server) follow(ctx context.Context, st *stream, r *models.Release) {
	caller, began := callerOf(ctx), s.cfg.Now()
	poll, beat := time.NewTicker(s.cfg.Poll), time.NewTicker(s.cfg.Beat)
	defer poll.Stop()
	defer beat.Stop()
	if st.tell(s.view(caller, r, began)) != nil || r.State.Ended() {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closing:
			return
		case <-beat.C:
			if st.write(": alive\n\n") != nil {
				return
			}
		case <-poll.C:
			if !s.next(ctx, st, caller, r, began) {
				return
			}
		}
	}
}

// next tells the release as it is now and reports whether to go on. A database
// that cannot answer for a moment ends nothing.
func (s *Server) next(ctx context.Context, st *stream, caller Caller, first *models.Release, began time.Time) bool {
	r, err := s.deps.Releases.Release(ctx, first.ID)
	if errors.Is(err, models.ErrNotFound) && first.Replaces != "" { // it may have become the other's next revision
		r, err = s.deps.Releases.Release(ctx, first.Replaces)
	}
	if errors.Is(err, models.ErrNotFound) {
		return false
	}
	if err != nil {
		return ctx.Err() == nil
	}
	if caller.maySee(&r) != nil {
		return false
	}
	return st.tell(s.view(caller, &r, began)) == nil && !r.State.Ended()
}

// tell sends the release if it differs from what was told last.
func (st *stream) tell(v Release) error {
	data, err := json.Marshal(v)
	if err != nil || bytes.Equal(data, st.last) {
		return err
	}
	st.last = data
	return st.write(fmt.Sprintf("event: release\ndata: %s\n\n", data))
}

func (st *stream) write(text string) error {
	if _, err := st.out.Write([]byte(text)); err != nil {
		return err
	}
	return st.out.rc.Flush()
}
