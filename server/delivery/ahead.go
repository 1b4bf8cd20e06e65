package delivery

import (
	"context"
	"errors"
	"sync"

	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/errgroup"

	"runnel/models"
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
func (a *ahead) next(p *playback, far bool) []segment {
	if a.done(p, far) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key, s := p.key, p.segment
	last, known := a.upTo.GetIfPresent(key)
	if !known && !far {
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

// done reports, without a lock, that there is nothing new for a segment: most
// requests for hot ones end here.
func (a *ahead) done(p *playback, far bool) bool {
	last, known := a.upTo.GetIfPresent(p.key)
	return !known && !far || known && last == p.number+a.count
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
// Redis or peers. It does not wait and may do nothing: when Run is not running, when too
// much waits already, when path is no segment. Open does this by itself.
func (d *Delivery) Prefetch(root cid.Cid, path string) {
	if s, ok := parseSegment(path); ok {
		d.lookAhead(root, &playback{s, root.KeyString() + s.rendition}, true)
	}
}

// lookAhead plans what follows a segment; far says that it came from Redis or
// peers.
func (d *Delivery) lookAhead(root cid.Cid, p *playback, far bool) {
	if d.peers == nil && d.cfg.Shared == nil {
		return
	}
	for _, next := range d.ahead.next(p, far) {
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
	p, err := d.place(ctx, j.root, j.path)
	if err != nil {
		return err
	}
	if p.leaves == nil {
		return d.bringBlock(ctx, j.root, p.file)
	}
	for _, l := range p.leaves {
		d.ahead.add(job{root: j.root, block: l.CID})
	}
	return nil
}

// bringBlock puts a block on the shelf if it must come from Redis or peers.
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
	if err == nil && f.from != SourceMemory {
		d.metrics.Event(EventAhead)
	}
	return err
}
