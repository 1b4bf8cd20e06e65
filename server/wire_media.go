package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/models/blockset"
	"runnel/server/cache"
	"runnel/server/delivery"
	"runnel/server/pinning"
	"runnel/transcode"
)

// pinPoll is how soon a server that works sees a pin which another one took.
const pinPoll = 5 * time.Second

// openDelivery wires what finds bytes, and what keeps releases of other nodes.
func (s *Server) openDelivery(context.Context) error {
	counters, err := delivery.NewCounters(s.registry)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	memory := cache.NewMemory(s.cfg.CacheBytes)
	if err := errors.Join(s.registry.Register(memory.Collector()), s.registry.Register(openJobs{s})); err != nil {
		return fmt.Errorf("server: metrics: %w", err)
	}
	cfg := delivery.Config{}
	if s.cfg.Blocks == "" { // elsewhere each server has some of the blocks, and gets the others from its fellows
		cfg.Held = s.folder.Catalog.BlockHeld
	}
	if s.cfg.Redis != "" {
		if s.redis, err = cache.NewRedis(cache.RedisConfig{URL: s.cfg.Redis}, s.log, s.registry); err != nil {
			return fmt.Errorf("server: --redis: %w", err)
		}
		cfg.Shared = s.redis
	}
	s.delivery = delivery.New(cfg, memory, s.folder.Blocks, s.peers, s.log, counters)
	s.keeper, err = pinning.New(pinning.Config{Pause: s.cfg.PinPause, Poll: pinPoll}, pinning.Deps{
		Records: ledger{s.folder.Catalog, s.tell}, Source: func(root cid.Cid) blockset.Getter { return s.delivery.Getter(root) },
		Store: s.folder.Blocks, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// maxOpen bounds an account's unfinished uploads where its limits do not.
const maxOpen = 100_000

// openIngest wires the way of an upload: spool, and where jobs are run
// transcoder and worker.
func (s *Server) openIngest(context.Context) (err error) {
	s.spool, err = spool.New(spool.Config{Dir: filepath.Join(s.folder.Shared, uploadsName), MaxSize: s.cfg.MaxUpload, MaxOpen: maxOpen}, s.folder.Catalog, s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if !s.cfg.Role.works() {
		return nil
	}
	transcoder, err := transcode.New(transcode.Config{Profile: s.cfg.Profile, Runner: s.runner}, s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	counters, err := ingest.NewCounters(s.registry)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.worker, err = ingest.New(ingest.Config{
		Node: s.peers.ID().String(), Dir: s.path("jobs"), Parallel: s.cfg.Jobs, Crash: s.crash,
	}, ingest.Deps{
		Catalog: s.folder.Catalog, Blocks: s.folder.Blocks, Sources: s.spool, Transcoder: transcoder, Announcer: offerer{s}, Counters: counters,
		Source: func(root cid.Cid) blockset.Getter { return s.delivery.Getter(root) },
	}, s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// tell has the DHT told of a root, or not any more, as the catalogue now says.
// When it cannot be told now, the next count finds what is missing.
func (s *Server) tell(ctx context.Context, root cid.Cid) {
	if err := s.peers.Announce(ctx, root); err != nil && ctx.Err() == nil {
		s.log.Warn("announce a release", "root", root, "error", err)
	}
}

// offerer tells the DHT of a new release, and peers that already asked for its
// blocks that they can have them now.
type offerer struct{ s *Server }

// Announce announces a root that has become servable and offers its blocks.
func (o offerer) Announce(ctx context.Context, root cid.Cid) error {
	o.s.tell(ctx, root)
	servable, _, err := o.s.folder.Catalog.RootServable(ctx, root)
	if err != nil || !servable {
		return err
	}
	blocks, err := o.s.folder.Catalog.RootBlocks(ctx, root)
	if err != nil {
		return err
	}
	return o.s.peers.Offer(ctx, blocks)
}
