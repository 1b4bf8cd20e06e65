package pinning

import (
	"context"
	"log/slog"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// Wishes are what creators asked to be kept, as rows. The catalogue's methods
// of these names.
type Wishes interface {
	// PutPin queues a root, also one that failed before; one that is already
	// fetched or held stays as it is.
	PutPin(ctx context.Context, root cid.Cid) (models.Pin, error)
	Pin(ctx context.Context, root cid.Cid) (models.Pin, error)
	Pins(ctx context.Context, cursor string, limit int, states ...models.PinState) ([]models.Pin, string, error)
	DeletePin(ctx context.Context, root cid.Cid) error
}

// Ledger records how far a pin has come.
type Ledger interface {
	SetPinState(ctx context.Context, root cid.Cid, state models.PinState, blocks int, bytes int64, failure string) error
	// AddPinBlocks protects blocks from the garbage collector before the pin is
	// held.
	AddPinBlocks(ctx context.Context, root cid.Cid, blocks []cid.Cid) error
	// AdmitPin is asked once it is known what a root is and how many bytes it
	// takes, before they are fetched; it reserves them. A Fault says why the
	// node does not take it.
	AdmitPin(ctx context.Context, root cid.Cid, bytes int64, r models.Release) error
	// PinRelease makes a pin held, in one transaction with its blocks, the entry
	// of its release and what may go out; models.ErrNotFound when it was deleted
	// meanwhile, a Fault when the entry's place was taken.
	PinRelease(ctx context.Context, root cid.Cid, blocks []cid.Cid, bytes int64, r models.Release, renditions []models.Rendition) error
	// RetryOwn queues the failed pins of what was published here, which nobody
	// else asks for again.
	RetryOwn(ctx context.Context) error
}

// Records is the part of the catalogue that a Keeper needs.
type Records interface {
	Wishes
	Ledger
}

// Store is the node's blocks. Put of a block that is there makes it young for
// the collector and heals it if it was damaged.
type Store interface {
	blockset.Getter
	blockset.Putter
}

// Config bounds a Keeper; zero fields have defaults.
type Config struct {
	MaxBytes int64         // of one release; 0: no bound but the disk
	AtOnce   int           // pins that Run fetches at a time; 2
	Attempts int           // at a release that cannot be had now; 3
	Pause    time.Duration // before the second attempt, doubled before each later one; 5 s
	Poll     time.Duration // how often Run looks for pins that another process queued; 30 s
	Retry    time.Duration // how often Run asks again for own releases that nobody had; 1 h
}

// Deps are what a Keeper works with.
type Deps struct {
	Records Records
	Source  func(root cid.Cid) blockset.Getter // finds blocks anywhere; delivery's Getter
	Store   Store
	Log     *slog.Logger
}
