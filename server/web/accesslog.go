package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// sentKey is where a handler leaves what it sent of a file.
const sentKey = "runnel.sent"

// sent tells where a file's bytes came from, and how many went out past gin's
// writer, which counts the others.
type sent struct {
	source string
	direct int64
}

// accessLog writes one line per request at its end. It names the route's
// template and never the path, so that media tokens, set-up links and ids of
// private releases stay out of logs, and it truncates the client's address.
func (s *Server) accessLog(c *gin.Context) {
	start := time.Now()
	c.Next()
	took := time.Since(start)
	route := c.FullPath()
	if route == "" {
		route = "unmatched"
	}
	of, _ := c.Value(sentKey).(sent)
	status, bytes, source := c.Writer.Status(), max(c.Writer.Size(), 0)+int(of.direct), of.source
	s.metrics.request(c.Request.Method, route, status, bytes, source, took)
	attrs := []slog.Attr{
		slog.String("method", knownMethod(c.Request.Method)), slog.String("route", route), slog.Int("status", status),
		slog.Int("bytes", bytes), slog.Duration("duration", took.Round(time.Microsecond)),
		slog.String("client", network(c.ClientIP())),
	}
	if source != "" {
		attrs = append(attrs, slog.String("source", source))
	}
	s.log.LogAttrs(c.Request.Context(), logLevel(route, status), "request", attrs...)
}

// logLevel keeps the lines that come hundreds of times a minute out of the
// default log, unless they failed.
func logLevel(route string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable:
		return slog.LevelError
	case status < http.StatusBadRequest && (route == "/healthz" || route == "/readyz"):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// knownMethod keeps a stranger's invented method out of log and metrics.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// fail logs what the client must not read and sends the problem it may.
func (s *Server) fail(c *gin.Context, err error) {
	p := problemOf(err)
	s.logFailure(c.Request, p, err)
	c.Abort()
	if !c.Writer.Written() {
		p.write(c.Writer, c.Request)
	}
}

func (s *Server) logFailure(r *http.Request, p *Problem, err error) {
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "request failed", "code", p.Code, "err", err)
	}
}

// rescue turns a panic into a 500 and a log line with the stack.
func (s *Server) rescue(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { // net/http's own word for "drop the connection"
			panic(v)
		}
		s.log.ErrorContext(c.Request.Context(), "request panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			problemOf(fmt.Errorf("web: panic: %v", v)).write(c.Writer, c.Request)
		}
	}()
	c.Next()
}
