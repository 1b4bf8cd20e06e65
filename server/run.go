package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

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
	if s.certificates != nil {
		s.serveSecurely(ctx, group)
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
		err := error(nil)
		if server.TLSConfig != nil {
			err = server.ServeTLS(listener, "", "")
		} else {
			err = server.Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
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
