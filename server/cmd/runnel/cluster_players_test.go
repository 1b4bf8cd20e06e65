package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"runnel/server/client"
)

// players fetch a release's segments in turn, as fast as pace lets them, and
// hold every answer against the first one. A request that fails is tried once
// more: an error that survives it reached a viewer.
type players struct {
	files []string
	sums  sync.Map // path → sum
	base  string

	served  atomic.Int64 // answers
	retried atomic.Int64 // first attempts that failed
	failed  atomic.Int64 // second ones
	mu      sync.Mutex
	errs    []string
}

const pace = 40 * time.Millisecond

// play starts n players of a final release; stop ends them.
func (c *cluster) play(n int, release client.Release) (p *players, stop func()) {
	c.t.Helper()
	p = &players{base: strings.TrimSuffix(release.MasterURL, "master.m3u8")}
	p.files = append(p.files, "master.m3u8")
	for _, playlist := range uris(text(release.MasterURL)) {
		p.files = append(p.files, playlist)
		folder := playlist[:strings.LastIndexByte(playlist, '/')+1]
		for _, segment := range uris(text(p.base + playlist)) {
			p.files = append(p.files, folder+segment)
		}
	}
	if len(p.files) < 6 {
		c.t.Fatalf("the release has only %v", p.files)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { p.run(ctx, i) })
	}
	return p, func() { cancel(); all.Wait() }
}

// uris are the lines of a playlist that name something.
func uris(playlist string) (out []string) {
	for line := range strings.Lines(playlist) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func (p *players) run(ctx context.Context, at int) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for ; ; at++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		path := p.files[at%len(p.files)]
		err := p.fetch(ctx, path)
		if err != nil && ctx.Err() == nil {
			p.note(&p.retried, err)
			if err = p.fetch(ctx, path); err != nil && ctx.Err() == nil {
				p.note(&p.failed, err)
			}
		}
		if err == nil {
			p.served.Add(1)
		}
	}
}

func (p *players) note(counter *atomic.Int64, err error) {
	counter.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.errs) < 20 {
		p.errs = append(p.errs, err.Error())
	}
}

func (p *players) fetch(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if first, loaded := p.sums.LoadOrStore(path, sum); loaded && first != sum {
		return fmt.Errorf("%s: other bytes", path)
	}
	return nil
}

// more waits until the players have had n more answers.
func (p *players) more(t *testing.T, n *node, answers int64) {
	t.Helper()
	until := p.served.Load() + answers
	n.until(60*time.Second, "played on", func() bool { return p.served.Load() >= until })
}
