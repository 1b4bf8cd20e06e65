package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"runnel/models"
	"runnel/server/client"
)

// TestCluster kills every part of a cluster in turn under load: players fetch
// segments, an upload goes on, a transcode runs. No viewer may see an error that
// one retry does not hide, no acknowledged byte may be lost, and every release
// ends final.
func TestCluster(t *testing.T) {
	began := time.Now()
	phase := func(name string) { t.Logf("%s after %s", name, time.Since(began).Round(100*time.Millisecond)) }
	c := startCluster(t)
	phase("started")
	film, err := os.ReadFile(clip(t, 8, "320x240"))
	if err != nil {
		t.Fatal(err)
	}
	long, err := os.ReadFile(clip(t, 24, "640x360"))
	if err != nil {
		t.Fatal(err)
	}
	c.oneLimit()
	c.oneLink()
	first := c.upload(film)
	if err := first.whole(t.Context()); err != nil {
		t.Fatal(err)
	}
	phase("first release final")
	p, stop := c.play(4, c.release(first.id))
	defer stop()
	p.more(t, c.node, 50)

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// Other bytes than the film's, or nothing would be left to transcode.
	apart := c.apart()
	transcode, slow := c.upload(long), c.upload(append(bytes.Clone(film), 0))
	hurry := make(chan struct{})
	slow.pace, transcode.visibility = hurry, "private"
	ends := make(chan error, 2)
	for _, u := range []*upload{transcode, slow} {
		if err := u.again(ctx, u.create); err != nil {
			t.Fatal(err)
		}
		go func() { ends <- u.rest(ctx) }()
	}
	c.node.until(60*time.Second, "transcoding", func() bool {
		r, err := client.New(c.url, c.token).Release(t.Context(), transcode.id)
		return err == nil && r.State == string(models.StateTranscoding) && r.Fraction > 0
	})
	c.live(apart, transcode.id)
	phase("watched live at a server apart")
	c.kill("worker")
	phase("worker killed")
	for _, name := range []string{"web1", "web2"} {
		acked := slow.acked.Load()
		c.kill(name)
		p.more(t, c.node, 100)
		c.node.until(30*time.Second, "the upload going on", func() bool { return slow.acked.Load() > acked })
	}
	phase("web servers killed")
	t.Logf("servers killed: %d answers, %d retried, %d failed: %v", p.served.Load(), p.retried.Load(), p.failed.Load(), p.errs)
	if n := p.failed.Load(); n != 0 {
		t.Errorf("%d requests failed twice: %v", n, p.errs)
	}
	c.inOrder(p)
	phase("a server stopped in order")
	c.redis(p)
	phase("Redis hung and killed")
	c.postgres(p)
	phase("PostgreSQL gone and back")
	close(hurry)
	for range 2 {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	phase("all final")
	p.more(t, c.node, 50)
	c.watch(apart, "/ipfs/"+c.release(first.id).Manifest+"/master.m3u8")
	c.watch(apart, "/api/v1/releases/"+transcode.id+"/live/master.m3u8")
	if own := apart.files("../data-blocks"); len(own) != 0 {
		t.Errorf("the server apart has blocks: %v", own)
	}
	c.metrics()
	if out := c.command("check"); !strings.Contains(out, " 0 findings") {
		t.Error(out)
	}
}

func (c *cluster) release(id string) client.Release {
	c.t.Helper()
	r, err := client.New(c.url, c.token).Release(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// oneLimit guesses a password at both servers: they count together.
func (c *cluster) oneLimit() {
	c.t.Helper()
	var got []int
	for n := range 12 {
		at := c.http[[]string{"web1", "web2"}[n%2]]
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, at+"/api/v1/sessions", strings.NewReader(`{"name":"owner","password":"wrong"}`))
		if err != nil {
			c.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", "203.0.113.9") // as nginx says it
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		_ = res.Body.Close()
		got = append(got, res.StatusCode)
	}
	if want := append(slices.Repeat([]int{401}, 10), 429, 429); !slices.Equal(got, want) {
		c.t.Errorf("guesses at two servers: %v", got)
	}
}

// oneLink uses web1's one-time link at web2, after which neither works.
func (c *cluster) oneLink() {
	c.t.Helper()
	links := map[string]string{}
	for _, name := range []string{"web1", "web2"} {
		log, err := os.ReadFile(filepath.Join(c.dir, name+".log"))
		if err != nil {
			c.t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(log), "/setup?token=")
		links[name], _, _ = strings.Cut(after, "\n")
	}
	for _, try := range []struct {
		link string
		want int
	}{{"web1", 200}, {"web1", 401}, {"web2", 401}} {
		res, err := http.Post(c.http["web2"]+"/api/v1/setup", "application/json", strings.NewReader(`{"token":"`+strings.TrimSpace(links[try.link])+`","password":"a long enough one"}`))
		if err != nil {
			c.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != try.want {
			c.t.Errorf("%s's link: %d, not %d", try.link, res.StatusCode, try.want)
		}
	}
}

// inOrder stops a server in order: nobody notices.
func (c *cluster) inOrder(p *players) {
	c.t.Helper()
	retried := p.retried.Load()
	c.end("web2", syscall.SIGTERM)
	p.more(c.t, c.node, 50)
	if n := p.retried.Load() - retried; n != 0 {
		c.t.Errorf("%d requests failed while a server stopped in order: %v", n, p.errs)
	}
}

// redis hangs and kills Redis: nobody notices.
func (c *cluster) redis(p *players) {
	c.t.Helper()
	retried := p.retried.Load()
	c.signal("redis", syscall.SIGSTOP)
	p.more(c.t, c.node, 100)
	c.signal("redis", syscall.SIGCONT)
	c.kill("redis")
	p.more(c.t, c.node, 100)
	c.node.until(10*time.Second, "using Redis again", func() bool { return c.metric("web1", "runnel_redis_up", "") == 1 })
	if n := p.retried.Load() - retried; n != 0 {
		c.t.Errorf("%d requests failed while Redis was away: %v", n, p.errs)
	}
}

// postgres keeps PostgreSQL from running for a while. What viewers see of it is
// told and not judged; all is well within seconds of its return.
func (c *cluster) postgres(p *players) {
	c.t.Helper()
	served, failed := p.served.Load(), p.failed.Load()
	data := filepath.Join(c.dir, "postgres", "data")
	if err := os.Rename(data, data+".away"); err != nil {
		c.t.Fatal(err)
	}
	c.signal("postgres", syscall.SIGQUIT)
	c.node.until(60*time.Second, "without a database for a while", func() bool {
		return p.served.Load()+p.failed.Load() >= served+failed+200
	})
	if err := os.Rename(data+".away", data); err != nil {
		c.t.Fatal(err)
	}
	began := time.Now()
	for _, name := range []string{"web1", "web2"} {
		c.node.until(30*time.Second, name+" ready again", func() bool {
			res, err := http.Get(c.http[name] + "/readyz")
			if err != nil {
				return false
			}
			_ = res.Body.Close()
			return res.StatusCode == http.StatusOK
		})
	}
	c.t.Logf("without PostgreSQL: %d answers, %d failures; ready again after %s", p.served.Load()-served, p.failed.Load()-failed, time.Since(began).Round(time.Millisecond))
	p.more(c.t, c.node, 50)
}

// metrics are those that issue 3 asks for, by name.
func (c *cluster) metrics() {
	c.t.Helper()
	common := []string{
		"runnel_http_requests_total", "runnel_http_response_bytes_total", "runnel_http_request_seconds_count", "runnel_http_event_listeners",
		"runnel_delivery_served_blocks_total", "runnel_delivery_served_bytes_total", "runnel_delivery_fetched_blocks_total",
		"runnel_delivery_fetched_bytes_total", "runnel_delivery_refused_blocks_total", "runnel_cache_hits_total", "runnel_cache_misses_total",
		"runnel_cache_bytes", "runnel_redis_requests_total", "runnel_redis_up", "runnel_jobs_open", "runnel_p2p_peers", "runnel_p2p_received_blocks_total",
	}
	work := []string{"runnel_jobs_running", "runnel_jobs_attempts_total", "runnel_jobs_attempt_seconds_count"}
	for server, names := range map[string][]string{"web1": common, "web2": common, "worker": append(work, common[4:]...)} {
		page := text(c.admin[server] + "/metrics")
		for _, name := range names {
			if !strings.Contains(page, "\n"+name) {
				c.t.Errorf("%s: no metric %s", server, name)
			}
		}
	}
	if done := c.metric("worker", "runnel_jobs_attempts_total", `"done"`); done < 1 {
		c.t.Errorf("the worker counts %v jobs done", done)
	}
}
