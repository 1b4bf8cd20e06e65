package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	manet "github.com/multiformats/go-multiaddr/net"

	"runnel/server/client"
)

// hostile holds what an honest peer sees of a node that a crowd of others
// attacks against what it sees in peace: cold segments over HTTP, as in cold. The
// crowd needs processor time too and has the same cores.
func hostile(flags *flag.FlagSet) runner {
	count := flags.Int("count", 200, "segments to ask for in peace, and again during the attack")
	foes := flags.Int("foes", 240, "peers that attack, from 16 addresses; who is thrown out comes again")
	silent := flags.Int("silent", 760, "connections beside them that say nothing")
	kinds := flags.Int("kinds", 63, "a bit for each evil: many wants, long blocks, garbage, unfinished messages, blocks that are not read, unknown protocols")
	pause := flags.Duration("pause", 100*time.Millisecond, "between two requests")
	profile := flags.String("profile", "", "write a CPU profile of the attacked node here")
	return func(ctx context.Context, l *lab) error {
		f := film{seed: 6, segments: 2 * *count * coldStride, segmentBytes: 100_000}
		a, b, root, err := l.pair(ctx, f)
		if err != nil {
			return err
		}
		defer a.stop()
		defer b.stop()
		base, err := b.door(ctx, root)
		if err != nil {
			return err
		}
		peace, err := coldTimes(ctx, base, root, 0, *count, *pause)
		if err != nil {
			return err
		}
		rest, _, err := a.memory()
		if err != nil {
			return err
		}
		war, stop, err := newMob(ctx, a, f, *foes, *silent, *kinds)
		if err != nil {
			return err
		}
		if err := war.begun(ctx); err != nil {
			return err
		}
		if *profile != "" {
			go func() { l.note(a.profile(ctx, time.Duration(*count)*(*pause), *profile)) }()
		}
		attacked, err := coldTimes(ctx, base, root, *count, *count, *pause)
		stop()
		if err != nil {
			return fmt.Errorf("the honest peer was not served: %w", err)
		}
		_, peak, err := a.memory()
		if err != nil {
			return err
		}
		l.say("connections made to it", "%d, and %d messages or streams", war.connected.Load(), war.sent.Load())
		for _, what := range []string{"want", "long_message", "garbage", "unfinished", "memory"} {
			n, err := a.metric(ctx, "runnel_p2p_refused_total", `what="`+what+`"`)
			if err != nil {
				return err
			}
			l.say("refused: "+what, "%.0f", n)
		}
		l.say("honest peer, in peace", "p50 %.1f ms, p99 %.1f ms", ms(percentile(peace, 50)), ms(percentile(peace, 99)))
		l.say("honest peer, during the attack", "p50 %.1f ms, p99 %.1f ms", ms(percentile(attacked, 50)), ms(percentile(attacked, 99)))
		l.atMost("its resident set grows by", float64(peak-rest)/(1<<20), 150, " MiB")
		l.atMost("honest peer, p99 against peace", float64(percentile(attacked, 99))/float64(percentile(peace, 99)), 2, " times")
		return nil
	}
}

// coldTimes asks for segments that lie coldStride apart, one at a time.
func coldTimes(ctx context.Context, base string, root cid.Cid, from, count int, pause time.Duration) (times []time.Duration, err error) {
	for i := from; i < from+count; i++ {
		took, err := fetchTime(ctx, segmentURL(base, root, i*coldStride))
		if err != nil {
			return nil, err
		}
		times = append(times, took)
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// mob are the foes of one node.
type mob struct {
	victim    peer.AddrInfo
	wanted    []cid.Cid // blocks that it has
	connected atomic.Int64
	sent      atomic.Int64
}

// newMob sets the foes on a node; stop ends them.
func newMob(ctx context.Context, on *node, f film, foes, silent, kinds int) (c *mob, stop func(), err error) {
	self, err := client.New(on.url, "").Node(ctx)
	if err != nil {
		return nil, nil, err
	}
	if len(self.Addrs) == 0 {
		return nil, nil, errors.New("the node has no address")
	}
	victim, err := peer.AddrInfoFromString(self.Addrs[0])
	if err != nil {
		return nil, nil, err
	}
	c = &mob{victim: *victim}
	for n := range 200 {
		id, err := cid.V1Builder{Codec: cid.Raw, MhType: sha2}.Sum(f.segmentData(n))
		if err != nil {
			return nil, nil, err
		}
		c.wanted = append(c.wanted, id)
	}
	evil, err := newEvil(c.wanted)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range foes {
		if kinds>>(i%6)&1 == 1 {
			all.Go(func() { c.attack(ctx, i, evil) })
		}
	}
	all.Go(func() { c.stare(ctx, silent) })
	return c, func() { cancel(); all.Wait() }, nil
}

// begun waits until the attack is under way.
func (c *mob) begun(ctx context.Context) error {
	for c.connected.Load() < 600 || c.sent.Load() < 300 {
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// stare keeps connections open that say nothing, and opens new ones for those
// that were closed.
func (c *mob) stare(ctx context.Context, count int) {
	_, addr, err := manet.DialArgs(c.victim.Addrs[0])
	if err != nil {
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	for i := range count {
		all.Go(func() {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(home(i))}}
			for ctx.Err() == nil {
				conn, err := dialer.DialContext(ctx, "tcp4", strings.TrimSpace(addr))
				if err == nil {
					c.connected.Add(1)
					end := context.AfterFunc(ctx, func() { _ = conn.Close() })
					for buf := make([]byte, 64); err == nil; {
						_, err = conn.Read(buf)
					}
					end()
					_ = conn.Close()
				}
				_ = wait(ctx, 10*time.Second)
			}
		})
	}
}

// home is the address of foe i: they come from 16.
func home(i int) string { return fmt.Sprintf("127.0.0.%d", 2+i%16) }
