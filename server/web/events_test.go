package web

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

// listen opens an event stream; next returns the next release it tells, and
// false at the end of the stream.
func (n *node) listen(id string, as *person) (next func() (Release, bool), res *http.Response) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), "GET", n.http.URL+apiPath+"/releases/"+id+"/events", nil)
	must(n.t, err)
	if as != nil {
		req.Header.Set("Authorization", "Bearer "+as.token)
	}
	res, err = http.DefaultClient.Do(req)
	must(n.t, err)
	n.t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return func() (r Release, ok bool) {
		for lines.Scan() {
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
				must(n.t, json.Unmarshal([]byte(data), &r))
				return r, true
			}
		}
		return r, false
	}, res
}

func TestEvents(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	job, _ := n.transcoding(p, models.Private)
	next, res := n.listen(job.ReleaseID, &p)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	first, ok := next()
	if !ok || first.Fraction != 0.5 || first.PlayableSeconds != 4 || first.State != "transcoding" {
		t.Fatalf("first: %+v %v", first, ok)
	}
	n.clock.advance(time.Hour) // time alone is no change: tokens in the event stay
	must(t, n.cat.SetProgress(t.Context(), job.ReleaseID, 0.75, 2*testSegment))
	if r, ok := next(); !ok || r.Fraction != 0.75 || r.PlayableSeconds != 8 {
		t.Fatalf("second: %+v %v", r, ok)
	}
	final := n.finish(p, job)
	r, ok := next()
	for ok && r.State == "transcoding" {
		r, ok = next()
	}
	if !ok || r.State != "final" || r.Manifest != final.Manifest.String() || r.MasterURL == "" {
		t.Fatalf("last: %+v %v", r, ok)
	}
	if _, more := next(); more {
		t.Error("the stream goes on after the end")
	}
}

func TestEventsEnd(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) { c.Streams = 2; c.Beat = time.Millisecond })
	p := n.join("ada", models.RoleCreator)
	one, two := n.queued(p, models.Public), n.queued(p, models.Public)
	nextOne, _ := n.listen(one, nil)
	nextTwo, _ := n.listen(two, nil)
	nextOne()
	nextTwo()
	if res := n.get(apiPath+"/releases/"+one+"/events", nil); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", res.StatusCode)
	}
	hide := models.Private
	_, err := n.cat.UpdateRelease(t.Context(), one, patchVisibility(hide))
	must(t, err)
	if r, more := nextOne(); more {
		t.Errorf("a listener without the right goes on to hear %+v", r)
	}
	n.web.endStreams() // what an http.Server of ours does when it shuts down
	if _, more := nextTwo(); more {
		t.Error("the stream outlives the server")
	}
}
