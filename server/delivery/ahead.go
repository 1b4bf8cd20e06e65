package delivery

import (
	"context"
	"errors"
	"sync"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/models/blockset"
)

const (
	waitingJobs = 512  // when full, what comes is dropped: a viewer fetches it on demand
	playlists   = 4096 // playbacks from peers whose place is remembered
)

// job is one thing to fetch ahead: a block, or all blocks of the file at path.
type job struct {
	root  cid.Cid
	path  string
	block cid.Cid
}

// ahead knows how far each playlist that comes from peers has been fetched, and
// what waits to be.
type ahead struct {
	count int
	jobs  chan job

	mu   sync.Mutex
	upTo *otter.Cache[string, int] // last segment asked for, by root and rendition
}

func newAhead(count int) *ahead {
	return &ahead{
		count: count, jobs: make(chan job, waitingJobs),
		upTo: otter.Must(&otter.Options[string, int]{MaximumSize: playlists}),
	}
}

func (a *ahead) add(j job) {
	select {
	case a.jobs <- j:
	default:
	}
}

// next returns the segments to fetch now that s is being played. A playlist
// counts as played from peers once a segment of it came from there: what was
// fetched ahead then comes from memory, and still the next ones are wanted.
func (a *ahead) next(root cid.Cid, s segment, fromPeers bool) []segment {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := root.KeyString() + s.rendition
	last, known := a.upTo.GetIfPresent(key)
	if !known && !fromPeers {
		return nil
	}
	first, end := s.number+1, s.number+a.count
	if known && last >= s.number && last <= end {
		first = last + 1
	}
	a.upTo.Set(key, end)
	var out []segment
	for n := first; n <= end; n++ {
		out = append(out, segment{s.rendition, n})
	}
	return out
}

// Run fetches ahead until ctx ends.
func (d *Delivery) Run(ctx context.Context) error {
	var g errgroup.Group
	for range d.cfg.AheadAtOnce {
		g.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case j := <-d.ahead.jobs:
					d.do(ctx, j)
				}
			}
		})
	}
	return g.Wait()
}

// Prefetch asks for the segments after the one at path to be fetched ahead from
// peers. It does not wait and may do nothing: when Run is not running, when too
// much waits already, when path is no segment. Open does this by itself.
func (d *Delivery) Prefetch(root cid.Cid, path string) { d.lookAhead(root, path, true) }

func (d *Delivery) lookAhead(root cid.Cid, path string, fromPeers bool) {
	s, ok := parseSegment(path)
	if !ok || d.peers == nil {
		return
	}
	for _, next := range d.ahead.next(root, s, fromPeers) {
		d.ahead.add(job{root: root, path: next.path()})
	}
}

// do runs one job. A film's end is no failure, and any other one will meet the
// viewer who then asks.
func (d *Delivery) do(ctx context.Context, j job) {
	err := d.bring(ctx, j)
	if err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrNotFound) {
		d.log.Debug("delivery: not fetched ahead", "root", j.root, "path", j.path, "cid", j.block, "err", err)
	}
}

func (d *Delivery) bring(ctx context.Context, j job) error {
	if j.block.Defined() {
		return d.bringBlock(ctx, j.root, j.block)
	}
	file, _, err := d.resolve(ctx, j.root, j.path)
	if err != nil {
		return err
	}
	if file.Prefix().Codec == cid.Raw {
		return d.bringBlock(ctx, j.root, file)
	}
	leaves, err := blockset.Leaves(ctx, d.Getter(j.root), file)
	if err != nil {
		return err
	}
	for _, l := range leaves {
		d.ahead.add(job{root: j.root, block: l.CID})
	}
	return nil
}

// bringBlock puts a block on the shelf if it must come from peers.
func (d *Delivery) bringBlock(ctx context.Context, root, c cid.Cid) error {
	if _, there := d.upcoming.get(c); there {
		return nil
	}
	if h, ok := d.local.(Haver); ok {
		if here, err := h.Has(ctx, c); err == nil && here {
			return nil
		}
	}
	f, err := d.block(ctx, root, c)
	if err == nil && f.from != SourceLocal {
		d.upcoming.put(c, f.data)
	}
	return err
}
