package delivery

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"runnel/models"
)

// group lets those who want the same thing at the same time share one call. The
// call belongs to all who wait: its context ends when the last of them has gone,
// and carries nothing of any one's.
type group[V any] struct {
	mu      sync.Mutex
	flights map[string]*flight[V]
	joined  func() // called when a call is shared; may be nil
}

type flight[V any] struct {
	tag     string // of who began it
	waiters int
	cancel  context.CancelFunc
	done    chan struct{}
	value   V
	err     error
}

// do returns what call returns, or ctx's error where ctx ends first, and the tag
// of whoever's call it was.
func (g *group[V]) do(ctx context.Context, key, tag string, call func(context.Context) (V, error)) (V, string, error) {
	f := g.join(key, tag, call)
	select {
	case <-f.done:
		return f.value, f.tag, f.err
	case <-ctx.Done():
		g.leave(key, f)
		var none V
		return none, f.tag, ctx.Err()
	}
}

func (g *group[V]) join(key, tag string, call func(context.Context) (V, error)) *flight[V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f, ok := g.flights[key]; ok {
		f.waiters++
		if g.joined != nil {
			g.joined()
		}
		return f
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &flight[V]{tag: tag, waiters: 1, cancel: cancel, done: make(chan struct{})}
	if g.flights == nil {
		g.flights = map[string]*flight[V]{}
	}
	g.flights[key] = f
	go g.fly(ctx, key, f, call)
	return f
}

func (g *group[V]) fly(ctx context.Context, key string, f *flight[V], call func(context.Context) (V, error)) {
	f.value, f.err = guard(ctx, call)
	g.mu.Lock()
	g.drop(key, f)
	g.mu.Unlock()
	close(f.done)
	f.cancel()
}

// guard turns a panic into an error. A call reads what strangers made, and no
// request's own recovery stands below this goroutine.
func guard[V any](ctx context.Context, call func(context.Context) (V, error)) (v V, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v\n%s", models.ErrUnavailable, p, debug.Stack())
		}
	}()
	return call(ctx)
}

// leave gives one place up. With the last one the call is cancelled, and nobody
// can join it any more.
func (g *group[V]) leave(key string, f *flight[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		g.drop(key, f)
		f.cancel()
	}
}

func (g *group[V]) drop(key string, f *flight[V]) {
	if g.flights[key] == f {
		delete(g.flights, key)
	}
}
