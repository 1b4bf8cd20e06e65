package cache

import (
	"context"
	"encoding/hex"

	"github.com/ipfs/go-cid"
	"github.com/redis/go-redis/v9"
)

// The keys carry a version: another form of value gets another one.
const (
	blockPrefix = "runnel:1:block:"
	lockPrefix  = "runnel:1:fetch:"
	limitPrefix = "runnel:1:limit:"
	oncePrefix  = "runnel:1:once:"
)

// maxValue is the most bytes that a block may have.
const maxValue = 2 << 20

// waitingWrites bounds the queues beside their bytes.
const waitingWrites = 1024

// write is a block to be written, and a lock to be given back after it. Either
// may be missing.
type write struct {
	key, lock, token string
	data             []byte
}

func blockKey(c cid.Cid) string { return blockPrefix + hex.EncodeToString([]byte(multihashOf(c))) }
func lockKey(c cid.Cid) string  { return lockPrefix + hex.EncodeToString([]byte(multihashOf(c))) }

// Get returns what Redis has under a block's multihash. Nobody has checked it:
// the caller hashes it and calls Drop where it is wrong. The answer is no when
// Redis does not give one in time.
func (r *Redis) Get(ctx context.Context, c cid.Cid) ([]byte, bool) {
	if !c.Defined() {
		return nil, false
	}
	var data []byte
	key := blockKey(c)
	err := r.do(ctx, "get", r.cfg.OpTimeout, func(ctx context.Context) error {
		var err error
		// A range, so that no value makes this process read more than a block.
		data, err = r.client.GetRange(ctx, key, 0, maxValue).Bytes()
		if err == nil && len(data) == 0 {
			return redis.Nil
		}
		return err
	})
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		r.Drop(ctx, c)
	}
	return data, err == nil
}

// Put has a checked block written in the background. Nobody may change the bytes
// from here on. It is dropped, and counted, when too much waits already.
func (r *Redis) Put(c cid.Cid, data []byte) {
	if !c.Defined() || len(data) == 0 || len(data) > maxValue {
		return
	}
	r.enqueue(r.blocks, write{key: blockKey(c), data: data})
}

// Drop deletes a block, within the time that Get has.
func (r *Redis) Drop(ctx context.Context, c cid.Cid) {
	if !c.Defined() {
		return
	}
	key := blockKey(c)
	_ = r.do(ctx, "drop", r.cfg.OpTimeout, func(ctx context.Context) error {
		return r.client.Del(ctx, key).Err()
	})
}

// enqueue takes a write, or leaves out its block, or drops it.
func (r *Redis) enqueue(queue chan<- write, w write) {
	if r.queued.Add(int64(len(w.data))) > r.cfg.QueueBytes {
		r.queued.Add(-int64(len(w.data)))
		r.metrics.dropped.Inc()
		w.data = nil
		if w.lock == "" {
			return
		}
	}
	select {
	case queue <- w:
	default:
		r.queued.Add(-int64(len(w.data)))
		r.metrics.dropped.Inc()
	}
}

func (r *Redis) writeAll(ctx context.Context, queue <-chan write) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case w := <-queue:
			r.write(ctx, w)
			r.queued.Add(-int64(len(w.data)))
		}
	}
}

func (r *Redis) write(ctx context.Context, w write) {
	if len(w.data) > 0 {
		_ = r.do(ctx, "put", r.cfg.WriteTimeout, func(ctx context.Context) error {
			return r.client.Set(ctx, w.key, w.data, r.cfg.TTL).Err()
		})
	}
	if w.lock != "" {
		_ = r.do(ctx, "release", r.cfg.WriteTimeout, func(ctx context.Context) error {
			return r.scripts.release.Run(ctx, r.client, []string{w.lock}, w.token).Err()
		})
	}
}
