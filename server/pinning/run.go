package pinning

import (
	"context"
	"errors"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// Run fetches what PinAsync queued, and first what a process that died left
// unfinished and what was published here and is gone, as after a restore without
// media. It returns nil when ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(k.cfg.AtOnce)
	tick := time.NewTicker(k.cfg.Poll)
	defer tick.Stop()
	retry := time.NewTicker(k.cfg.Retry)
	defer retry.Stop()
	k.retryOwn(ctx)
	for ctx.Err() == nil {
		k.start(ctx, &group)
		select {
		case <-k.wake:
		case <-tick.C:
		case <-retry.C:
			k.retryOwn(ctx)
		case <-ctx.Done():
		}
	}
	return group.Wait()
}

func (k *Keeper) retryOwn(ctx context.Context) {
	if err := k.deps.Records.RetryOwn(ctx); err != nil && ctx.Err() == nil {
		k.deps.Log.Error("pinning: cannot queue own releases again", "err", err)
	}
}

// start sets workers to every pin that waits and that nobody works on. It
// blocks while all workers are busy, so that a pin waits in the catalogue.
func (k *Keeper) start(ctx context.Context, group *errgroup.Group) {
	for _, root := range k.unfinished(ctx) {
		if ctx.Err() != nil {
			return
		}
		if k.busy(root) {
			continue
		}
		group.Go(func() error {
			err := k.take(ctx, root)
			if err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrNotFound) {
				k.deps.Log.Debug("pinning: pin ended", "root", root.String(), "err", err)
			}
			return nil
		})
	}
}

// take works on a pin that was unfinished when it was listed.
func (k *Keeper) take(ctx context.Context, root cid.Cid) error {
	pin, err := k.deps.Records.Pin(ctx, root)
	if err != nil || pin.State == models.PinFailed {
		return err
	}
	return k.work(ctx, root, nil)
}

func (k *Keeper) busy(root cid.Cid) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.jobs[root] != nil
}

// unfinished lists the roots that are to be fetched, oldest first.
func (k *Keeper) unfinished(ctx context.Context) []cid.Cid {
	var roots []cid.Cid
	for cursor, more := "", true; more; {
		pins, next, err := k.deps.Records.Pins(ctx, cursor, maxList, models.PinQueued, models.PinFetching)
		if err != nil {
			if ctx.Err() == nil {
				k.deps.Log.Error("pinning: cannot list pins", "err", err)
			}
			break
		}
		for _, p := range pins {
			root, err := cid.Decode(p.Root)
			if err != nil {
				k.deps.Log.Error("pinning: not a CID", "root", p.Root, "err", err)
				continue
			}
			roots = append([]cid.Cid{root}, roots...)
		}
		cursor, more = next, next != ""
	}
	return roots
}
