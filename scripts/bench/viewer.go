package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/transcode/hls"
)

// viewer watches one release as a player does: the playlists, the init segment
// and one segment at once, then a segment whenever one has been played, so that
// one lies ready. It has a connection of its own.
type viewer struct {
	base string
	root cid.Cid
	film film
	from int           // the segment it begins with; behind the last comes the first
	pace time.Duration // between two segments; their length, or less for a hurry
}

// audience is what viewers have met.
type audience struct {
	mu       sync.Mutex
	waits    []time.Duration // to the first byte of each segment
	watched  time.Duration
	stalled  time.Duration
	bytes    int64
	failures []error
}

// watch plays the given number of segments, or until ctx ends.
func (v viewer) watch(ctx context.Context, a *audience, segments int) {
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for _, path := range []string{hls.MasterPath, hls.PlaylistPath(rendition), hls.InitPath(rendition)} {
		if _, err := v.fetch(ctx, c, address(v.base, v.root, path), a); err != nil {
			a.failed(ctx, err)
			return
		}
	}
	var begun time.Time // when the first segment began to play
	var late time.Duration
	for i := 0; i < segments; i++ {
		if i > 1 && wait(ctx, time.Until(begun.Add(late+time.Duration(i-1)*v.pace))) != nil {
			return
		}
		first, err := v.fetch(ctx, c, segmentURL(v.base, v.root, (v.from+i)%v.film.segments), a)
		if err != nil {
			a.failed(ctx, err)
			continue
		}
		var stall time.Duration
		if i == 0 {
			begun = time.Now()
		} else {
			stall = max(0, time.Since(begun.Add(late+time.Duration(i)*v.pace)))
		}
		late += stall
		a.met(first, stall, v.pace)
	}
}

// fetch reads a file to its end and returns when its first byte came.
func (v viewer) fetch(ctx context.Context, c *http.Client, url string, a *audience) (first time.Duration, err error) {
	start := time.Now()
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Since(start) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || n != res.ContentLength) {
		err = fmt.Errorf("%s: %s, %d of %d bytes", url, res.Status, n, res.ContentLength)
	}
	a.mu.Lock()
	a.bytes += n
	a.mu.Unlock()
	return first, err
}

func (a *audience) met(first, stall, played time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits = append(a.waits, first)
	a.stalled += stall
	a.watched += played
}

// failed notes an error, but for those that the measurement's end makes.
func (a *audience) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures = append(a.failures, err)
}

// stalls is the part of the time in which viewers waited instead of watching.
func (a *audience) stalls() float64 {
	return 100 * float64(a.stalled) / float64(max(1, a.watched+a.stalled))
}
