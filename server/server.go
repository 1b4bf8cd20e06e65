package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/cache"
	"runnel/server/certificates"
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

	http, https, redirect net.Listener // nil when off
	admin, gatewayAt      net.Listener
	certificates          *certificates.Certificates // nil without a domain
	publicURL             string
	setupLink             string
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
	for _, part := range []func(context.Context) error{s.openFolder, s.openMeter, s.listen, s.openCertificates, s.openFFmpeg, s.openPeers, s.openDelivery, s.openIngest, s.openWeb, s.openGateway} {
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
	s.folder, err = openFolder(ctx, s.cfg.Where(), catalog.Config{MaxStorage: s.cfg.MaxStorage, Review: models.Review(s.cfg.Review)}, s.log)
	return err
}

// Close gives ports, files and connections back. It may be called again.
func (s *Server) Close() error {
	var faults []error
	for _, listener := range []net.Listener{s.http, s.https, s.redirect, s.admin, s.gatewayAt} {
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
