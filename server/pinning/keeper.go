package pinning

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// Keeper fetches and keeps releases. Its methods may be called from several
// goroutines.
type Keeper struct {
	cfg  Config
	deps Deps
	wake chan struct{}

	mu   sync.Mutex
	jobs map[cid.Cid]*job
}

// New returns a Keeper. Pin works without Run; PinAsync and what a crash left
// behind need it.
func New(cfg Config, deps Deps) (*Keeper, error) {
	if deps.Records == nil || deps.Source == nil || deps.Store == nil || deps.Log == nil {
		return nil, fmt.Errorf("pinning: records, source, store and log are needed: %w", models.ErrInvalid)
	}
	if cfg.AtOnce == 0 {
		cfg.AtOnce = 2
	}
	if cfg.Attempts == 0 {
		cfg.Attempts = 3
	}
	if cfg.Pause == 0 {
		cfg.Pause = 5 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = 30 * time.Second
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Hour
	}
	return &Keeper{cfg: cfg, deps: deps, wake: make(chan struct{}, 1), jobs: map[cid.Cid]*job{}}, nil
}

// Pin records the wish and returns when the whole release is here, verified
// and synced. Progress, unless nil, is told how many distinct blocks and bytes
// are here, never from two goroutines at once. When ctx ends the pin stays and
// Run takes it up again. Errors: models.ErrInvalid for a CID that is no
// release's root, models.ErrUnavailable when not all of it can be had now,
// models.ErrCorrupt when it is not what its author signed, models.ErrNotFound
// when it was unpinned meanwhile.
func (k *Keeper) Pin(ctx context.Context, root cid.Cid, progress func(blocks int, bytes int64)) error {
	if _, err := k.put(ctx, root); err != nil {
		return err
	}
	return k.work(ctx, root, progress)
}

// PinAsync records the wish for Run and returns the pin as it stands.
func (k *Keeper) PinAsync(ctx context.Context, root cid.Cid) (models.Pin, error) {
	pin, err := k.put(ctx, root)
	if err != nil {
		return models.Pin{}, err
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return k.live(pin), nil
}

func (k *Keeper) put(ctx context.Context, root cid.Cid) (models.Pin, error) {
	if err := checkRoot(root); err != nil {
		return models.Pin{}, err
	}
	pin, err := k.deps.Records.PutPin(ctx, root)
	if err != nil {
		return models.Pin{}, fmt.Errorf("pinning: %w", err)
	}
	return pin, nil
}

// checkRoot refuses what cannot be a release before anything is written down.
func checkRoot(root cid.Cid) error {
	if root.Defined() {
		p := root.Prefix()
		if p.Version == 1 && p.Codec == cid.DagProtobuf && p.MhType == multihash.SHA2_256 && p.MhLength == 32 {
			return nil
		}
	}
	return models.NewFault(models.ErrInvalid, "pin_cid", "This is not the manifest CID of a release; it begins with bafybei.")
}

// Unpin removes the wish and stops the fetch if one is under way. The blocks
// go with the next garbage collection, unless something else holds them.
// models.ErrNotFound when there is no pin.
func (k *Keeper) Unpin(ctx context.Context, root cid.Cid) error {
	unlock, err := k.lock(ctx, root, errUnpinned)
	if err != nil {
		return err
	}
	defer unlock()
	if err := k.deps.Records.DeletePin(ctx, root); err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	return nil
}

// State returns a pin with what is here of it at this moment.
func (k *Keeper) State(ctx context.Context, root cid.Cid) (models.Pin, error) {
	pin, err := k.deps.Records.Pin(ctx, root)
	if err != nil {
		return models.Pin{}, fmt.Errorf("pinning: %w", err)
	}
	return k.live(pin), nil
}

// maxList bounds a list of pins.
const maxList = 500

// List returns the newest pins of any state, 500 at most.
func (k *Keeper) List(ctx context.Context) ([]models.Pin, error) {
	pins, _, err := k.deps.Records.Pins(ctx, "", maxList)
	if err != nil {
		return nil, fmt.Errorf("pinning: %w", err)
	}
	for i := range pins {
		pins[i] = k.live(pins[i])
	}
	return pins, nil
}

// live puts the numbers of a fetch under way in place of the recorded ones.
func (k *Keeper) live(pin models.Pin) models.Pin {
	root, err := cid.Decode(pin.Root)
	if err != nil || pin.State != models.PinFetching {
		return pin
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if j := k.jobs[root]; j != nil {
		pin.Blocks, pin.Bytes = j.held()
	}
	return pin
}
