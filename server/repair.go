package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/server/p2p"
)

const (
	// repairAtOnce is how many blocks are asked for at a time.
	repairAtOnce = 8
	// repairTries is after how many blocks that nobody had, and none that somebody
	// had, no more of a release are asked for.
	repairTries = repairAtOnce
	// greetTime is how long peers may take to answer before they are asked.
	greetTime = 5 * time.Second
)

// Repair heals damaged and missing blocks with what peers send, and removes damaged
// ones that nothing needs. It joins the peer network as the node itself, as cfg
// says, so that no node may run on the folder meanwhile. It returns what it could
// not heal. Progress, unless nil, is told how many of how many are done, never from
// two goroutines at once.
func (f *Folder) Repair(ctx context.Context, cfg Config, log *slog.Logger, damaged []Damage, progress func(done, total int)) (left []Damage, err error) {
	s := &Server{cfg: cfg, log: log, registry: prometheus.NewRegistry(), folder: f}
	if err := s.openPeers(ctx); err != nil {
		return damaged, errors.Join(err, s.closePeers())
	}
	running, stop := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error { return s.peers.Run(running) })
	s.greet(ctx)
	left, err = f.heal(ctx, damaged, s.peers.Get, progress)
	stop()
	return left, errors.Join(err, group.Wait(), s.closePeers())
}

func (s *Server) closePeers() error {
	var faults []error
	if s.peers != nil {
		faults = append(faults, s.peers.Close())
	}
	if s.records != nil {
		faults = append(faults, s.records.Close())
	}
	return errors.Join(faults...)
}

// greet connects with the bootstrap peers; one that does not answer is met later,
// or not at all.
func (s *Server) greet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, greetTime)
	defer cancel()
	peers, _ := p2p.ParseListen(s.cfg.Bootstrap) // openPeers has read them
	var group errgroup.Group
	for _, at := range peers {
		group.Go(func() error {
			if err := s.peers.Connect(ctx, at); err != nil {
				s.log.Warn("a peer does not answer", "at", at, "error", err)
			}
			return nil
		})
	}
	_ = group.Wait()
}

// get fetches a block of a release; its bytes are checked when they are stored.
type get func(ctx context.Context, root, block cid.Cid) ([]byte, error)

// heal is Repair with blocks from anywhere.
func (f *Folder) heal(ctx context.Context, damaged []Damage, from get, progress func(done, total int)) (left []Damage, err error) {
	h := healing{folder: f, from: from, given: map[string]*chances{}}
	var mu sync.Mutex
	done := 0
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(repairAtOnce)
	for _, d := range damaged {
		group.Go(func() error {
			healed, err := h.one(gctx, d)
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(damaged))
			}
			if !healed {
				left = append(left, d)
			}
			return err
		})
	}
	return left, group.Wait()
}

// healing is a repair on its way.
type healing struct {
	folder *Folder
	from   get

	mu    sync.Mutex
	given map[string]*chances // by root
}

// chances says whether it is worth asking for more of a release.
type chances struct{ had, failed atomic.Int64 }

func (c *chances) over() bool { return c.had.Load() == 0 && c.failed.Load() >= repairTries }

func (h *healing) of(root cid.Cid) *chances {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.given[root.KeyString()]
	if c == nil {
		c = &chances{}
		h.given[root.KeyString()] = c
	}
	return c
}

// one heals a block, from the holders of any release that it belongs to.
func (h *healing) one(ctx context.Context, d Damage) (bool, error) {
	if len(d.Roots) == 0 {
		return h.drop(ctx, d)
	}
	for _, root := range d.Roots {
		chance := h.of(root)
		if chance.over() {
			continue
		}
		data, err := h.from(ctx, root, d.Block)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			chance.failed.Add(1)
			continue
		}
		chance.had.Add(1)
		return true, h.folder.Blocks.Put(ctx, models.Block{CID: d.Block, Data: data})
	}
	return false, nil
}

// drop removes a damaged block that no release needs, and no transcode either.
func (h *healing) drop(ctx context.Context, d Damage) (bool, error) {
	live, err := h.folder.Catalog.LiveBlocks(ctx, []cid.Cid{d.Block})
	if err != nil || live[d.Block] {
		return false, err
	}
	return h.folder.Blocks.Discard(ctx, d.Block)
}
