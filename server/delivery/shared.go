package delivery

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/ipfs/go-cid"
)

// Shared is a cache of several servers. What it returns is hashed here; it may
// lose everything at any time, and must not make anyone wait for long.
type Shared interface {
	Get(ctx context.Context, c cid.Cid) ([]byte, bool)
	Put(c cid.Cid, data []byte)
	Drop(ctx context.Context, c cid.Cid)
}

// Leader is a Shared that chooses which server fetches what none of them has.
// done is called with the bytes, or nil.
type Leader interface {
	Lead(ctx context.Context, c cid.Cid, token string) (done func(data []byte), leads bool)
}

const (
	followFor   = 3 * time.Second // how long another server's fetch is waited for
	followEvery = 20 * time.Millisecond
)

// fromShared returns a block's checked bytes from the shared cache.
func (d *Delivery) fromShared(ctx context.Context, c cid.Cid) ([]byte, bool) {
	if d.cfg.Shared == nil {
		return nil, false
	}
	data, ok := d.cfg.Shared.Get(ctx, c)
	if ok && !matches(c, data) {
		d.metrics.Refused(SourceRedis)
		d.log.Warn("delivery: refused bytes from the shared cache that are not the block's", "cid", c)
		d.cfg.Shared.Drop(ctx, c)
		return nil, false
	}
	return data, ok
}

// share offers a block from this disk to the other servers once it was asked for
// again: reading it once is no reason to have it in memory everywhere.
func (d *Delivery) share(c cid.Cid, data []byte) {
	if d.cfg.Shared == nil {
		return
	}
	key := string(c.Hash())
	if _, again := d.asked.GetIfPresent(key); again {
		d.cfg.Shared.Put(c, data)
		return
	}
	d.asked.Set(key, struct{}{})
}

// lead fetches a block from peers as the only one of all servers, or waits for
// the one that does. It goes ahead by itself when that takes too long.
func (d *Delivery) lead(ctx context.Context, root, c cid.Cid) (found, error) {
	leader, ok := d.cfg.Shared.(Leader)
	if !ok {
		data, err := d.fromPeers(ctx, root, c)
		return found{data, SourcePeer}, err
	}
	done, token := func([]byte) {}, rand.Text()
	for end := time.Now().Add(followFor); time.Now().Before(end); {
		var leads bool
		if done, leads = leader.Lead(ctx, c, token); leads {
			break
		}
		select {
		case <-ctx.Done():
			return found{}, ctx.Err()
		case <-time.After(followEvery):
		}
		if data, ok := d.fromShared(ctx, c); ok {
			return found{data, SourceRedis}, nil
		}
	}
	data, err := d.fromPeers(ctx, root, c)
	done(data)
	return found{data, SourcePeer}, err
}
