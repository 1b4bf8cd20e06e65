package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/server/client"
)

// coldStride is how far apart the segments are that cold asks for: those that a
// node fetches ahead lie between and are never taken for cold ones.
const coldStride = 6

// cold asks a node for segments that only its peer holds, over HTTP, one at a
// time. Beside it stands what the same costs where the segment is already in
// the node's memory, and on its peer from disk: the rest is the network.
func cold(flags *flag.FlagSet) runner {
	count := flags.Int("count", 60, "segments to ask for")
	pause := flags.Duration("pause", 100*time.Millisecond, "between two requests, for what is fetched ahead to come")
	profile := flags.String("profile", "", "write a CPU profile of the asking node here")
	return func(ctx context.Context, l *lab) error {
		f := film{seed: 2, segments: *count * coldStride, segmentBytes: hotBytes}
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
		if *profile != "" {
			go func() { l.note(b.profile(ctx, time.Duration(*count)*(*pause), *profile)) }()
		}
		var peer, memory, disk []time.Duration
		for i := range *count {
			for _, step := range []struct {
				base  string
				times *[]time.Duration
			}{{base, &peer}, {base, &memory}, {a.url, &disk}} {
				took, err := fetchTime(ctx, segmentURL(step.base, root, i*coldStride))
				if err != nil {
					return err
				}
				*step.times = append(*step.times, took)
			}
			if err := wait(ctx, *pause); err != nil {
				return err
			}
		}
		served, err := b.metric(ctx, "runnel_delivery_fetched_blocks_total", `source="peer"`)
		if err != nil {
			return err
		}
		if served < float64(*count) {
			return fmt.Errorf("only %.0f blocks came from the peer", served)
		}
		l.say("through", "%s", base)
		l.say("from the node's own memory, p50", "%.2f ms", ms(percentile(memory, 50)))
		l.say("from its peer's disk, asked directly, p50", "%.2f ms", ms(percentile(disk, 50)))
		l.say("from the peer, p99", "%.2f ms", ms(percentile(peer, 99)))
		l.atMost("from the peer, p50", ms(percentile(peer, 50)), 6, " ms")
		return nil
	}
}

// pair starts a node that holds the film and one that does not and is connected
// with the first. The second lets through what its peers have.
func (l *lab) pair(ctx context.Context, f film) (a, b *node, root cid.Cid, err error) {
	defer func() {
		if err != nil && a != nil {
			a.stop()
		}
		if err != nil && b != nil {
			b.stop()
		}
	}()
	if root, err = l.add(ctx, "origin", f); err != nil {
		return
	}
	if a, err = l.serve(ctx, "origin"); err != nil {
		return
	}
	self, err := client.New(a.url, "").Node(ctx)
	if err == nil && len(self.Addrs) == 0 {
		err = errors.New("the origin has no address")
	}
	if err != nil {
		return
	}
	if b, err = l.serve(ctx, "edge", "--gateway", "open", "--bootstrap", self.Addrs[0]); err != nil {
		return
	}
	return a, b, root, b.connected(ctx)
}

// connected waits until the node has a peer.
func (n *node) connected(ctx context.Context) error {
	for {
		peers, err := n.metric(ctx, "runnel_p2p_peers")
		if err != nil || peers > 0 {
			return err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// door returns where the node serves the release to everyone: its HTTP face, or
// else its IPFS gateway.
func (n *node) door(ctx context.Context, root cid.Cid) (string, error) {
	var err error
	for _, base := range []string{n.url, n.gateway} {
		if _, err = get(ctx, address(base, root, "master.m3u8")); err == nil {
			return base, nil
		}
	}
	return "", err
}

// fetchTime gets a whole file and returns how long it took to its last byte.
func fetchTime(ctx context.Context, url string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	took := time.Since(start)
	if err == nil && (res.StatusCode != http.StatusOK || n != res.ContentLength) {
		err = fmt.Errorf("%s: %s, %d bytes", url, res.Status, n)
	}
	return took, err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
