package pinning

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// errUnpinned is why a fetch stops when its pin is removed.
var errUnpinned = fmt.Errorf("pinning: the pin was removed: %w", models.ErrNotFound)

// job is the right to work on one root; there is one at a time in a process.
type job struct {
	root   cid.Cid
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the right is given back
	// stopped is set once somebody wants the work to end; guarded by Keeper.mu.
	stopped bool

	mu     sync.Mutex
	blocks int
	bytes  int64
}

func (j *job) held() (blocks int, bytes int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.blocks, j.bytes
}

func (j *job) hold(blocks int, bytes int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.blocks, j.bytes = blocks, bytes
}

// lock waits until nobody works on root, and keeps others from it until unlock.
// With a cause, who works on it now is stopped for that reason.
func (k *Keeper) lock(ctx context.Context, root cid.Cid, cause error) (unlock func(), err error) {
	j, err := k.claim(ctx, &job{root: root, cancel: func(error) {}, done: make(chan struct{})}, cause)
	if err != nil {
		return nil, err
	}
	return func() { k.release(j) }, nil
}

func (k *Keeper) claim(ctx context.Context, mine *job, cause error) (*job, error) {
	for {
		k.mu.Lock()
		other := k.jobs[mine.root]
		if other == nil {
			k.jobs[mine.root] = mine
			k.mu.Unlock()
			return mine, nil
		}
		if cause != nil {
			other.stopped = true
			other.cancel(cause)
		}
		k.mu.Unlock()
		select {
		case <-other.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("pinning: %s: %w", mine.root, ctx.Err())
		}
	}
}

func (k *Keeper) release(j *job) {
	k.mu.Lock()
	delete(k.jobs, j.root)
	k.mu.Unlock()
	close(j.done)
}

// work makes a queued, interrupted or failed pin a held one.
func (k *Keeper) work(ctx context.Context, root cid.Cid, progress func(int, int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j, err := k.claim(ctx, &job{root: root, cancel: cancel, done: make(chan struct{})}, nil)
	if err != nil {
		return err
	}
	defer k.release(j)
	pin, err := k.deps.Records.Pin(ctx, root)
	if err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	if pin.State == models.PinHeld {
		if progress != nil {
			progress(pin.Blocks, pin.Bytes)
		}
		return nil
	}
	if err := k.attempts(ctx, j, progress); err != nil {
		return k.ended(ctx, j, err)
	}
	return nil
}

// attempts fetches until all is held, there is no point in going on, or the
// attempts are used up.
func (k *Keeper) attempts(ctx context.Context, j *job, progress func(int, int64)) error {
	pause := k.cfg.Pause
	for n := 1; ; n++ {
		err := k.fetch(ctx, j, progress)
		if err == nil || ctx.Err() != nil || !temporary(err) || n >= k.cfg.Attempts {
			return err
		}
		k.deps.Log.Info("pinning: cannot be had now, trying again", "root", j.root.String(), "in", pause, "err", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		pause *= 2
	}
}

// temporary reports whether the same bytes may be there later.
func temporary(err error) bool {
	return !errors.Is(err, models.ErrCorrupt) &&
		(errors.Is(err, models.ErrUnavailable) || errors.Is(err, models.ErrNotFound))
}

// ended records why an attempt came to nothing. One that was cut off leaves the
// pin as it is, for Run to take up.
func (k *Keeper) ended(ctx context.Context, j *job, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errUnpinned) {
		return errUnpinned
	} else if cause != nil {
		return fmt.Errorf("pinning: %s: %w", j.root, cause)
	}
	fault := faultOf(err)
	blocks, bytes := j.held()
	k.deps.Log.Warn("pinning: failed", "root", j.root.String(), "code", fault.Code, "blocks", blocks, "bytes", bytes, "err", err)
	state := k.deps.Records.SetPinState(ctx, j.root, models.PinFailed, blocks, bytes, fault.Error())
	if state != nil {
		return fmt.Errorf("pinning: %s: %w", j.root, errors.Join(fault, state))
	}
	return fmt.Errorf("pinning: %s: %w: %w", j.root, fault, err)
}
