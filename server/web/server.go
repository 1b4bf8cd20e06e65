package web

import (
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"net/url"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// Server is the HTTP face of one node. It holds no goroutine of its own.
type Server struct {
	cfg     Config
	deps    Deps
	log     *slog.Logger
	public  *url.URL
	metrics *metrics

	engine      *gin.Engine
	api         huma.API
	pages       *pages
	seal        *sealer
	passwords   *passwords
	crossOrigin *http.CrossOriginProtection
	signIns     *limiter // failures by account and client
	strangers   *limiter // failures by client alone
	creations   *limiter // uploads begun, by account
	beacons     *limiter // reports of plays, by client
	audiences   *audiences
	newcomers   *limiter // accounts asked for, by client
	reports     *limiter // of releases, by client or account
	reported    *limiter // the same, by client and release
	streams     chan struct{}
	exports     chan struct{}
	closing     chan struct{} // closed when a server of ours begins to shut down
	endStreams  func()
}

// New builds the routes over cfg and deps. It starts nothing.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := deps.missing(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, deps: deps, log: deps.Log, crossOrigin: http.NewCrossOriginProtection()}
	s.seal = newSealer(cfg.Secret)
	s.signIns = newLimiter(10, time.Minute, cfg.Now)
	s.strangers = newLimiter(100, time.Minute, cfg.Now)
	s.creations = newLimiter(cfg.Uploads, time.Minute, cfg.Now)
	s.beacons = newLimiter(120, time.Minute, cfg.Now)
	s.audiences = newAudiences(deps.Once, cfg.Secret)
	s.newcomers = newLimiter(registrationsAnHour, time.Hour, cfg.Now)
	s.reports = newLimiter(10, time.Hour, cfg.Now)
	s.reported = newLimiter(1, 24*time.Hour, cfg.Now)
	if deps.Counter != nil {
		s.newcomers.share(deps.Counter, "newcomer", cfg.Secret)
		s.signIns.share(deps.Counter, "sign-in", cfg.Secret)
		s.strangers.share(deps.Counter, "stranger", cfg.Secret)
		s.creations.share(deps.Counter, "upload", cfg.Secret)
		s.reports.share(deps.Counter, "report", cfg.Secret)
		s.reported.share(deps.Counter, "reported", cfg.Secret)
	}
	s.streams, s.closing = make(chan struct{}, cfg.Streams), make(chan struct{})
	s.exports = make(chan struct{}, cfg.Exports)
	s.endStreams = sync.OnceFunc(func() { close(s.closing) })
	if err := s.build(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// build makes what can fail.
func (s *Server) build() (err error) {
	if s.public, err = parsePublic(s.cfg.PublicURL); err != nil {
		return err
	}
	if err = s.crossOrigin.AddTrustedOrigin(s.public.String()); err != nil {
		return err
	}
	if s.pages, err = newPages(s.cfg.Pages); err != nil {
		return err
	}
	if s.passwords, err = newPasswords(s.cfg.Password); err != nil {
		return err
	}
	if s.metrics, err = newMetrics(s.cfg.Registry); err != nil {
		return err
	}
	return s.routes()
}

// Handler returns the API, media and pages.
func (s *Server) Handler() http.Handler { return deadlines(s.engine) }

// Admin returns metrics, detailed readiness and profiles, for a listener of its
// own that strangers cannot reach. The command line, which may hold passwords,
// is not among the profiles.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsHandler(s.cfg.Registry))
	mux.HandleFunc("GET /readyz", s.serveReady(true))
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex"} {
		mux.Handle("GET /debug/pprof/"+name, pprof.Handler(name))
	}
	return deadlines(mux)
}

// HTTPServer returns a server for Handler on addr with the limits that belong to
// it: 10 s for a request's headers, 32 KiB of them, idle connections for 2
// minutes. Bodies and answers have no time limit as long as they move.
func (s *Server) HTTPServer(addr string) *http.Server { return s.server(addr, s.Handler()) }

// AdminServer returns a server for Admin on addr.
func (s *Server) AdminServer(addr string) *http.Server { return s.server(addr, s.Admin()) }

func (s *Server) server(addr string, h http.Handler) *http.Server {
	srv := &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(slogWriter{s.log}, "", 0),
	}
	srv.RegisterOnShutdown(s.endStreams) // an open event stream would hold Shutdown up
	return srv
}

// slogWriter takes net/http's own complaints, which are about clients, at debug.
type slogWriter struct{ log *slog.Logger }

func (w slogWriter) Write(p []byte) (int, error) {
	w.log.Debug("http", "event", string(p))
	return len(p), nil
}
