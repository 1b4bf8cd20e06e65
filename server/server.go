package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/server/cache"
	"runnel/server/delivery"
	"runnel/server/gateway"
	"runnel/server/keyvalue"
	"runnel/server/members"
	"runnel/server/p2p"
	"runnel/server/pinning"
	"runnel/server/web"
	"runnel/transcode/ffmpeg"
)

// Server is a running node, or one about to run.
type Server struct {
	cfg      Config
	log      *slog.Logger
	registry *prometheus.Registry

	folder   *Folder
	runner   *ffmpeg.Runner  // nil where no jobs are run
	members  *members.Book   // nil: this server is alone
	records  *keyvalue.Store // of the peer network
	peers    *p2p.Node
	redis    *cache.Redis // nil when off
	delivery *delivery.Delivery
	keeper   *pinning.Keeper
	spool    *spool.Store
	worker   *ingest.Worker // nil where no jobs are run
	web      *web.Server

	gateway *gateway.Gateway
	meter   *meter

	http, admin, gatewayAt net.Listener // nil when off
	publicURL              string
	setupLink              string
}

// New opens the data folder, binds the ports and wires the parts. It starts no
// goroutine; after an error nothing stays open.
func New(ctx context.Context, cfg Config, log *slog.Logger) (_ *Server, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log, registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, part := range []func(context.Context) error{s.openFolder, s.openMeter, s.listen, s.openFFmpeg, s.openPeers, s.openDelivery, s.openIngest, s.openWeb, s.openGateway} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// URL is how browsers reach the node, without a slash at its end.
func (s *Server) URL() string { return s.publicURL }

// SetupLink is a one-time link with which the owner sets a password, empty once
// there is one.
func (s *Server) SetupLink() string { return s.setupLink }

func (s *Server) openFolder(ctx context.Context) (err error) {
	s.folder, err = openFolder(ctx, s.cfg.Where(), s.cfg.MaxStorage, s.log)
	return err
}

// listen binds the ports before anything is promised, so that a taken port is
// an error at the start.
func (s *Server) listen(context.Context) (err error) {
	if s.cfg.Role.serves() {
		if s.http, err = net.Listen("tcp", s.cfg.HTTP); err != nil {
			return fmt.Errorf("server: --http: %w", err)
		}
	}
	if s.cfg.AdminHTTP != "" {
		if s.admin, err = net.Listen("tcp", s.cfg.AdminHTTP); err != nil {
			// Metrics are no reason not to serve: a second node on the machine runs without.
			s.log.Warn("metrics are off: the address is taken", "admin-http", s.cfg.AdminHTTP)
			s.admin = nil
		}
	}
	return s.name()
}

// name decides by which address browsers reach the node.
func (s *Server) name() error {
	switch s.publicURL = s.cfg.PublicURL; {
	case s.publicURL != "":
	case s.http == nil:
		s.publicURL = "http://localhost" // nobody is sent there
	default:
		_, port, err := net.SplitHostPort(s.http.Addr().String())
		if err != nil {
			return fmt.Errorf("server: --http: %w", err)
		}
		s.publicURL = "http://localhost:" + port
	}
	return nil
}

// local is how programs on this machine reach the node.
func (s *Server) local() string {
	host, port, _ := net.SplitHostPort(s.http.Addr().String()) // the listener made it
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, then lets requests under way finish, hands running
// jobs back and closes. It returns the first error that ended a part.
func (s *Server) Run(ctx context.Context) error {
	defer func() { _ = s.Close() }()
	if s.http != nil {
		if err := announce(s.folder.Dir, s.local()); err != nil {
			return err
		}
		defer withdraw(s.folder.Dir)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.peers.Run(ctx) })
	if s.members != nil {
		group.Go(func() error { return s.members.Run(ctx) })
	}
	group.Go(func() error { return s.delivery.Run(ctx) })
	if s.redis != nil {
		group.Go(func() error { return s.redis.Run(ctx) })
	}
	if s.cfg.Role.works() {
		group.Go(func() error { return s.keeper.Run(ctx) })
		group.Go(func() error { return s.worker.Run(ctx) })
	}
	group.Go(func() error { return s.tidy(ctx) })
	if s.cfg.MaxStorage > 0 {
		group.Go(func() error { return s.collect(ctx) })
	}
	if s.http != nil {
		s.serve(ctx, group, s.web.HTTPServer(""), s.http)
	}
	if s.admin != nil {
		s.serve(ctx, group, s.web.AdminServer(""), s.admin)
	}
	if s.gatewayAt != nil {
		s.serve(ctx, group, s.gatewayServer(), s.gatewayAt)
	}
	s.greeting()
	return group.Wait()
}

// greeting is the log's line of a start.
func (s *Server) greeting() {
	line := s.log.With("peer", s.peers.ID())
	if s.runner != nil {
		line = line.With("sandbox", s.runner.Layers())
	}
	if s.http == nil {
		line.Info("working")
		return
	}
	line.Info("serving", "url", s.publicURL, "http", s.http.Addr())
}

// drain is how long requests under way may take once the node stops.
const drain = 20 * time.Second

// serve runs one HTTP server until ctx ends and then drains it. Requests see
// the node's stop, so that event streams end and uploads save what they have.
func (s *Server) serve(ctx context.Context, group *errgroup.Group, server *http.Server, listener net.Listener) {
	server.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("server: http: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		if err := server.Shutdown(limit); err != nil {
			return errors.Join(fmt.Errorf("server: http: %w", err), server.Close())
		}
		return nil
	})
}

// tidyEvery is how often what has expired is swept.
const tidyEvery = 5 * time.Minute

// tidy sweeps expired uploads and sessions.
func (s *Server) tidy(ctx context.Context) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		for what, sweep := range map[string]func() error{
			"uploads":  func() error { _, err := s.spool.Sweep(ctx); return err },
			"sessions": func() error { return s.folder.Catalog.Sweep(ctx, now) },
		} {
			if err := sweep(); err != nil && ctx.Err() == nil {
				s.log.Error("sweep", "what", what, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Close gives ports, files and connections back. It may be called again.
func (s *Server) Close() error {
	var faults []error
	for _, listener := range []net.Listener{s.http, s.admin, s.gatewayAt} {
		if listener != nil {
			_ = listener.Close() // closed already when the server has run
		}
	}
	if s.peers != nil {
		faults = append(faults, s.peers.Close())
	}
	if s.records != nil {
		faults = append(faults, s.records.Close())
	}
	if s.redis != nil {
		faults = append(faults, s.redis.Close())
	}
	if s.folder != nil {
		faults = append(faults, s.folder.Close())
	}
	return errors.Join(faults...)
}

// path names what is this server's own.
func (s *Server) path(name string) string { return filepath.Join(s.folder.Dir, name) }
