package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// found is a block and where it was.
type found struct {
	data []byte
	from Source
}

// Block returns a block's bytes, checked against c, and where they were found.
// The caller must not change them. models.ErrNotFound: nobody has it;
// models.ErrCorrupt: it is damaged here and no peer supplies it;
// models.ErrUnavailable: peers did not answer in time or did not send its bytes, as
// a Fault of CodeLost where the block should be here;
// models.ErrInvalid: c is no sha2-256 CID.
func (d *Delivery) Block(ctx context.Context, root, c cid.Cid) ([]byte, Source, error) {
	f, err := d.served(ctx, root, c)
	if err != nil {
		return nil, 0, fmt.Errorf("delivery: block %s: %w", c, err)
	}
	if f.from == SourceLocal {
		d.mem.Put(c, f.data) // whoever wants bytes has no use for a file
	}
	return f.data, f.from, nil
}

func (d *Delivery) block(ctx context.Context, root, c cid.Cid) (found, error) {
	if err := ctx.Err(); err != nil {
		return found{}, err
	}
	if !named(c) {
		return found{}, fmt.Errorf("CID is not sha2-256: %w", models.ErrInvalid)
	}
	if data, ok := d.inMemory(c); ok {
		return found{data, SourceMemory}, nil
	}
	d.metrics.Event(EventMissed)
	return d.join(ctx, root, c)
}

// join waits for the one fetch of a block. A fetch that another release's
// viewer began asked that release's holders; where it failed, ours are asked.
func (d *Delivery) join(ctx context.Context, root, c cid.Cid) (found, error) {
	const tries = 3 // bounds the patience with others' fetches
	tag := root.KeyString()
	for try := 1; ; try++ {
		f, by, err := d.fetches.do(ctx, hashName(c), tag, func(ctx context.Context) (found, error) {
			return d.fetch(ctx, root, c)
		})
		if err == nil || by == tag || try == tries || ctx.Err() != nil {
			return f, err
		}
	}
}

func (d *Delivery) inMemory(c cid.Cid) ([]byte, bool) {
	if data, ok := d.mem.Get(c); ok {
		return data, true
	}
	data, ok := d.upcoming.get(c)
	if ok {
		d.mem.Put(c, data)
	}
	return data, ok
}

// fetch looks in Redis and on disk, and then asks the peers.
func (d *Delivery) fetch(ctx context.Context, root, c cid.Cid) (found, error) {
	if !d.cfg.LocalFirst {
		if f, ok := d.fromShared(ctx, c); ok {
			return d.keep(ctx, c, f), nil
		}
	}
	data, err := d.local.Get(ctx, c)
	if err == nil {
		return d.keep(ctx, c, found{data, SourceLocal}), nil
	}
	if ctx.Err() != nil {
		return found{}, ctx.Err()
	}
	d.reportLocal(c, err)
	lost := d.lost(ctx, c, err)
	f, otherErr := d.elsewhere(ctx, root, c)
	switch {
	case otherErr != nil && lost && ctx.Err() == nil:
		return found{}, errLost(otherErr)
	case otherErr != nil:
		return found{}, worse(err, otherErr)
	case lost || errors.Is(err, models.ErrCorrupt):
		d.heal(ctx, c, f)
	}
	return d.keep(ctx, c, f), nil
}

// elsewhere looks in Redis, where that has not been done, and asks the peers.
func (d *Delivery) elsewhere(ctx context.Context, root, c cid.Cid) (found, error) {
	if d.cfg.LocalFirst {
		if f, ok := d.fromShared(ctx, c); ok {
			return f, nil
		}
	}
	if matches(c, nil) { // Bitswap says that a peer has an empty block and never sends it
		return found{[]byte{}, SourceLocal}, nil
	}
	if d.peers == nil {
		return found{}, models.ErrNotFound
	}
	return d.led(ctx, root, c)
}

// keep offers a block to the memory cache, unless it lies on disk in a file that
// can be sent as it is: the kernel's own cache then holds it already.
func (d *Delivery) keep(ctx context.Context, c cid.Cid, f found) found {
	d.metrics.Fetched(f.from, len(f.data))
	if f.from != SourceLocal || !d.sendable(ctx, c, int64(len(f.data))) {
		d.mem.Put(c, f.data)
	}
	return f
}

// worse picks what to tell of a block that neither disk nor others gave: that it
// is merely not here says nothing, that it is damaged or unreadable does.
func worse(local, others error) error {
	if errors.Is(local, models.ErrNotFound) {
		return others
	}
	return fmt.Errorf("%w (elsewhere: %v)", local, others)
}

func (d *Delivery) reportLocal(c cid.Cid, err error) {
	switch {
	case errors.Is(err, models.ErrCorrupt):
		d.metrics.Refused(SourceLocal)
		d.log.Error("delivery: a block on disk is damaged", "cid", c, "err", err)
	case !errors.Is(err, models.ErrNotFound):
		d.log.Warn("delivery: a block on disk cannot be read", "cid", c, "err", err)
	}
}

func (d *Delivery) fromPeers(ctx context.Context, root, c cid.Cid) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, d.cfg.PeerTimeout)
	defer cancel()
	data, err := d.peers.Get(limited, root, c)
	switch {
	case err == nil && matches(c, data):
		return data, nil
	case err == nil:
		d.metrics.Refused(SourcePeer)
		d.log.Warn("delivery: refused bytes from a peer that are not the block's", "cid", c)
		return nil, fmt.Errorf("peers sent other bytes: %w", models.ErrUnavailable)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrUnavailable):
		return nil, err
	}
	return nil, fmt.Errorf("%w: peers: %v", models.ErrUnavailable, err)
}

// Getter returns the blocks of one release as package blockset reads them.
func (d *Delivery) Getter(root cid.Cid) blockset.Getter { return getter{d, root} }

type getter struct {
	d    *Delivery
	root cid.Cid
}

// Get returns a block's checked bytes.
func (g getter) Get(ctx context.Context, c cid.Cid) ([]byte, error) {
	data, _, err := g.d.Block(ctx, g.root, c)
	return data, err
}
