package delivery

import (
	"context"

	"github.com/ipfs/go-cid"
)

// fromShared asks Redis, and has wrong bytes deleted there.
func (d *Delivery) fromShared(ctx context.Context, c cid.Cid) (found, bool) {
	if d.cfg.Shared == nil {
		return found{}, false
	}
	data, ok := d.cfg.Shared.Get(ctx, c)
	if !ok {
		return found{}, false
	}
	if !matches(c, data) {
		d.metrics.Refused(SourceRedis)
		d.log.Warn("delivery: refused bytes from Redis that are not the block's", "cid", c)
		d.cfg.Shared.Drop(ctx, c)
		return found{}, false
	}
	return found{data, SourceRedis}, true
}

// led fetches from peers, unless another server does so already: then its fetch
// is waited for.
func (d *Delivery) led(ctx context.Context, root, c cid.Cid) (found, error) {
	l, ok := d.cfg.Shared.(Leader)
	if !ok {
		data, err := d.fromPeers(ctx, root, c)
		return found{data, SourcePeer}, err
	}
	done, leader := l.Lead(ctx, c)
	if !leader {
		if f, ok := d.fromShared(ctx, c); ok {
			d.metrics.Event(EventHandedOver)
			return f, nil
		}
	}
	var data []byte // nil after a panic too, which gives the lead back
	defer func() { done(data) }()
	if ctx.Err() != nil {
		return found{}, ctx.Err()
	}
	fetched, err := d.fromPeers(ctx, root, c)
	if err != nil {
		return found{}, err
	}
	data = fetched
	d.hot.admit(c)
	return found{data, SourcePeer}, nil
}

// share offers to Redis what was asked for again.
func (d *Delivery) share(c cid.Cid, f found) {
	switch {
	case d.cfg.Shared == nil:
	case f.from == SourceRedis:
		d.hot.admit(c)
	case d.hot.again(c):
		d.cfg.Shared.Put(c, f.data)
	}
}

// shareFile offers to Redis, for other servers, what went out from a file here.
func (d *Delivery) shareFile(ctx context.Context, c cid.Cid) {
	if d.cfg.Shared == nil || !d.hot.again(c) {
		return
	}
	if data, err := d.local.Get(ctx, c); err == nil {
		d.cfg.Shared.Put(c, data)
	}
}
