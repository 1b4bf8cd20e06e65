package spool

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	tusd "github.com/tus/tusd/v2/pkg/handler"
	xslog "golang.org/x/exp/slog"
)

const (
	// ReleaseHeader names the release of an upload in every answer about it.
	ReleaseHeader = "Runnel-Release"

	offsetType = "application/offset+octet-stream"
)

// HandlerConfig says where the handler stands.
type HandlerConfig struct {
	BasePath       string        // e.g. "/api/v1/uploads"; requests come with it
	NetworkTimeout time.Duration // a body may stall this long; 60 s
	LockTimeout    time.Duration // to push aside a dead connection; 20 s
}

// NewHandler returns the tus 1.0.0 endpoint: POST and OPTIONS on BasePath,
// HEAD, PATCH, DELETE and OPTIONS below it. The caller has put the Owner into
// the request's context (WithOwner) and has limited the rate; the handler does
// the rest, errors as RFC 9457 problem documents included. Requests must reach
// it with a ResponseWriter that http.ResponseController understands.
func NewHandler(cfg HandlerConfig, s *Store) (http.Handler, error) {
	base := "/" + strings.Trim(cfg.BasePath, "/")
	inner, err := tusd.NewHandler(tusd.Config{
		StoreComposer:      s.Composer(),
		MaxSize:            s.cfg.MaxSize,
		BasePath:           base + "/",
		DisableDownload:    true,
		Cors:               &tusd.CorsConfig{Disable: true},
		Logger:             xslog.New(quiet{}),
		NetworkTimeout:     cfg.NetworkTimeout,
		AcquireLockTimeout: cfg.LockTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &endpoint{store: s, base: base, inner: inner}, nil
}

type endpoint struct {
	store *Store
	base  string
	inner http.Handler
}

// ServeHTTP guards, then hands on.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.Trim(strings.TrimPrefix(r.URL.Path, e.base), "/")
	reply := &reply{ResponseWriter: w, head: r.Method == http.MethodHead}
	defer reply.flush()
	if refused := e.store.guard(r, id); refused != nil {
		w.Header().Set("Tus-Resumable", "1.0.0")
		w.Header().Set("Connection", "close") // the body is not worth reading
		reply.problem(refused.status, refused.code, refused.text)
		return
	}
	ctx := withRequest(r.Context(), &request{
		method: r.Method, hasBody: r.ContentLength != 0, header: w.Header(),
		checksum: parseChecksum(r.Header.Get("Upload-Checksum")),
	})
	r = r.WithContext(ctx)
	u := *r.URL
	u.Path, u.RawPath = "/"+id, ""
	r.URL = &u
	e.inner.ServeHTTP(reply, r)
}

// quiet keeps tusd's line per request out of the log: web writes its own.
type quiet struct{}

func (quiet) Enabled(context.Context, xslog.Level) bool  { return false }
func (quiet) Handle(context.Context, xslog.Record) error { return nil }
func (q quiet) WithAttrs([]xslog.Attr) xslog.Handler     { return q }
func (q quiet) WithGroup(string) xslog.Handler           { return q }
