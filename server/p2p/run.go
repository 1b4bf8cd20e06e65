package p2p

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// keepTag exempts bootstrap peers and members from being trimmed.
const keepTag = "runnel-bootstrap"

// Run connects to the bootstrap peers and stays connected with them, meets the
// peers of earlier days and of the local network, announces what this node
// holds, and lets idle sessions go. It returns nil when ctx ends or the node is
// closed; an unreachable peer never ends it. It is called once.
func (n *Node) Run(ctx context.Context) error {
	n.running.RLock()
	defer n.running.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if n.isClosed() {
		return nil
	}
	var group errgroup.Group
	for _, p := range n.cfg.Bootstrap {
		if p.ID != n.host.ID() {
			group.Go(func() error { n.keep(ctx, p); return nil })
		}
	}
	group.Go(func() error { n.sweep(ctx); return nil })
	group.Go(func() error { n.meet(ctx); return nil })
	group.Go(func() error { n.meetAgain(ctx); return nil })
	group.Go(func() error { n.keepMemory(ctx); return nil })
	group.Go(func() error { return n.announcer.run(ctx) })
	if n.cfg.Neighbours {
		group.Go(func() error { n.neighbours(ctx); return nil })
	}
	select {
	case <-ctx.Done():
	case <-n.closed:
		cancel()
	}
	return group.Wait()
}

func (n *Node) isClosed() bool {
	select {
	case <-n.closed:
		return true
	default:
		return false
	}
}

func (n *Node) sweep(ctx context.Context) {
	tick := time.NewTicker(sessionIdle / 4)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			n.sessions.expire(now)
		case <-ctx.Done():
			return
		}
	}
}

// keep dials p until it answers, and again whenever it is gone.
func (n *Node) keep(ctx context.Context, p peer.AddrInfo) {
	n.host.ConnManager().Protect(p.ID, keepTag)
	n.host.Peerstore().AddAddrs(p.ID, p.Addrs, peerstore.PermanentAddrTTL)
	changed, stop := n.watch(p.ID)
	defer stop()
	pause := n.cfg.RetryMin
	for ctx.Err() == nil {
		if n.connected(p.ID) {
			pause = n.cfg.RetryMin
			wait(ctx, changed, 0)
			continue
		}
		err := n.connect(ctx, p)
		if err == nil {
			n.log.Info("p2p: connected to bootstrap peer", "peer", p.ID.String())
			continue
		}
		n.log.Debug("p2p: bootstrap peer does not answer", "peer", p.ID.String(), "retry", pause, "err", err)
		// Jitter keeps nodes that lost the same peer from returning in step.
		wait(ctx, changed, pause/2+rand.N(pause/2+1))
		pause = min(2*pause, n.cfg.RetryMax)
	}
}

// wait returns when ctx ends, changed fires, or d has passed; 0 is for ever.
func wait(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	var timeout <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timeout:
	}
}

// watch returns a channel that fires after p's connections have changed. The
// host's event bus would block the whole node on a slow reader; this does not.
func (n *Node) watch(p peer.ID) (<-chan struct{}, func()) {
	changed := make(chan struct{}, 1)
	fire := func(_ network.Network, c network.Conn) {
		if c.RemotePeer() == p {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	}
	notifee := &network.NotifyBundle{ConnectedF: fire, DisconnectedF: fire}
	n.host.Network().Notify(notifee)
	return changed, func() { n.host.Network().StopNotify(notifee) }
}

func (n *Node) isKept(p peer.ID) bool { return n.host.ConnManager().IsProtected(p, keepTag) }

func (n *Node) connected(p peer.ID) bool {
	return n.host.Network().Connectedness(p) == network.Connected
}

// connect makes one attempt. Who calls decides when to try again, so libp2p's
// own back-off does not apply.
func (n *Node) connect(ctx context.Context, p peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.DialTimeout)
	defer cancel()
	if n.connected(p.ID) {
		return nil
	}
	if err := n.host.Connect(network.WithForceDirectDial(ctx, "runnel"), p); err != nil {
		return fmt.Errorf("p2p: connect to %s: %w: %w", p.ID, err, models.ErrUnavailable)
	}
	return nil
}
