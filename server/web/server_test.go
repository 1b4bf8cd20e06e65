package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

func patchVisibility(v models.Visibility) catalog.Patch { return catalog.Patch{Visibility: &v} }

func TestAppPages(t *testing.T) {
	n := newNode(t)
	for path, want := range map[string][3]string{
		"/":                    {"200", "text/html; charset=utf-8", "no-cache"},
		"/watch/3zzzzzzzzzzzz": {"200", "text/html; charset=utf-8", "no-cache"},
		"/studio":              {"200", "text/html; charset=utf-8", "no-cache"},
		"/setup?token=x":       {"200", "text/html; charset=utf-8", "no-cache"},
		"/assets/app-0a1b.js":  {"200", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/assets/app-0a1b.css": {"200", "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		"/favicon.svg":         {"200", "image/svg+xml", "no-cache"},
		"/assets/":             {"404", problemType, "no-store"},
		"/assets/gone.js":      {"404", problemType, "no-store"},
		"/../go.mod":           {"404", problemType, "no-store"},
		"/assets/..%2findex":   {"404", problemType, "no-store"},
		"/index.html":          {"404", problemType, "no-store"},
		"/api/v1/nothing":      {"404", problemType, "no-store"},
		"/apiary":              {"200", "text/html; charset=utf-8", "no-cache"},
	} {
		res := n.get(path, nil)
		if got := [3]string{res.Status[:3], res.Header.Get("Content-Type"), res.Header.Get("Cache-Control")}; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		csp := res.Header.Get("Content-Security-Policy")
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src 'self' ") {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
	if got := n.get("/watch/x", nil).Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") || !strings.Contains(got, "script-src 'self';") || !strings.Contains(got, "media-src 'self' blob:") {
		t.Errorf("policy: %s", got)
	}
	if got := n.get("/embed/x", nil).Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors *") {
		t.Errorf("embed's policy: %s", got)
	}
	if got := n.get("/setup?token=x", nil).Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("set-up page: %s", got)
	}
	tag := n.get("/", nil).Header.Get("ETag")
	if res := n.do(request{method: "GET", path: "/", header: http.Header{"If-None-Match": {tag}}}); res.StatusCode != 304 {
		t.Errorf("conditional: %d", res.StatusCode)
	}
	for host, want := range map[string]string{"127.0.0.1:8080": "http://localhost:8080/watch/x?t=1", "[::1]:8080": "http://localhost:8080/watch/x?t=1", "127.0.0.1:9": "", "evil.example:8080": "", "localhost:8080": ""} {
		r := httptest.NewRequest("GET", "/watch/x?t=1", nil)
		r.Host = host
		w := httptest.NewRecorder()
		n.web.Handler().ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", host, got, want)
		}
	}
	if res := n.do(request{method: "POST", path: "/watch/x"}); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestReady(t *testing.T) {
	var database, redis error
	var stuck atomic.Bool
	n := newNode(t, func(_ *Config, d *Deps) {
		d.Parts = []Part{
			{Name: "database", Vital: true, Check: func(context.Context) (string, error) { return "", database }},
			{Name: "redis", Check: func(context.Context) (string, error) { return "breaker closed", redis }},
			{Name: "stuck", Check: func(context.Context) (string, error) {
				if stuck.Load() { // and deaf to its context
					<-t.Context().Done()
				}
				return "", nil
			}},
		}
	})
	admin := httptest.NewServer(n.web.Admin())
	t.Cleanup(admin.Close)
	redis = errors.New("dial 10.0.0.7:6379: refused")
	stuck.Store(true)
	if res := n.get("/readyz", nil); res.StatusCode != 200 || !strings.Contains(text(t, res), `"name":"stuck","state":"degraded"`) {
		t.Errorf("stuck: %d %s", res.StatusCode, text(t, res))
	}
	stuck.Store(false)
	res := n.get("/readyz", nil)
	if got := text(t, res); res.StatusCode != 200 || !strings.Contains(got, `"name":"redis","state":"degraded"`) || strings.Contains(got, "10.0.0.7") || strings.Contains(got, "breaker") {
		t.Errorf("degraded: %d %s", res.StatusCode, got)
	}
	detail, err := http.Get(admin.URL + "/readyz")
	must(t, err)
	if got := text(t, detail); detail.StatusCode != 200 || !strings.Contains(got, "10.0.0.7") || !strings.Contains(got, "breaker closed") {
		t.Errorf("detailed: %d %s", detail.StatusCode, got)
	}
	must(t, detail.Body.Close())
	database = errors.New("locked")
	if res := n.get("/readyz", nil); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(text(t, res), `"state":"down"`) {
		t.Errorf("down: %d %s", res.StatusCode, text(t, res))
	}
	if res := n.get("/healthz", nil); res.StatusCode != 200 {
		t.Errorf("alive: %d", res.StatusCode)
	}
	metrics, err := http.Get(admin.URL + "/metrics")
	must(t, err)
	if got := text(t, metrics); !strings.Contains(got, `runnel_http_requests_total{method="GET",route="/readyz",status="200"} 2`) {
		t.Errorf("metrics: %d %.500s", metrics.StatusCode, got)
	}
	must(t, metrics.Body.Close())
}

func TestValidate(t *testing.T) {
	_, err := New(Config{PublicURL: "ftp://x", Secret: []byte("short"), TrustedProxies: []string{"all"}}, Deps{})
	for _, want := range []string{"public URL", "secret", "trusted proxy", "pages", "largest"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name: %s", err, want)
		}
	}
	for _, bad := range []string{"", "localhost:8080", "http://", "http://u:p@h", "http://h/path", "http://h?q", "https://h#f"} {
		if _, err := parsePublic(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestSlowUpload: a body that moves is not cut however slow it is, one that
// stalls is, and what arrived is kept.
func TestSlowUpload(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	at := n.sendUpload(p, "10", "").Header.Get("Location")
	conn, err := net.Dial("tcp", n.http.Listener.Addr().String())
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "PATCH "+at+" HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer "+p.token+
		"\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\n012")
	must(t, err)
	must(t, conn.(*net.TCPConn).CloseWrite()) // cut in the middle
	_, _ = io.ReadAll(conn)
	head := func() string {
		res := n.do(request{method: "HEAD", path: at, as: &p, header: http.Header{"Tus-Resumable": {"1.0.0"}}})
		return res.Header.Get("Upload-Offset")
	}
	deadline := time.Now().Add(10 * time.Second)
	for head() != "3" && time.Now().Before(deadline) { // the server may still be writing it down
	}
	if got := head(); got != "3" {
		t.Fatalf("offset %s, want 3", got)
	}
	if res := n.patch(p, at, "3", "3456789"); res.StatusCode != 204 || res.Header.Get("Upload-Offset") != "10" {
		t.Errorf("resume: %d %v", res.StatusCode, res.Header)
	}
}

func TestServerLimits(t *testing.T) {
	n := newNode(t)
	srv := n.web.HTTPServer("127.0.0.1:0")
	if srv.ReadHeaderTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes == 0 || srv.WriteTimeout != 0 || srv.ReadTimeout != 0 {
		t.Errorf("%+v", srv)
	}
	l, err := net.Listen("tcp", srv.Addr)
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	for name, raw := range map[string]string{
		"two lengths":     "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"length and TE":   "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"space and colon": "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
		"headers too big": "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
		"no host":         "GET /healthz HTTP/1.1\r\n\r\n",
		"nul in a header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
		_, err = io.WriteString(conn, raw)
		must(t, err)
		answer, _ := io.ReadAll(conn)
		if status := string(answer[min(9, len(answer)):min(12, len(answer))]); status != "400" && status != "431" && status != "501" {
			t.Errorf("%s: %.60q", name, answer)
		}
		must(t, conn.Close())
	}
	must(t, srv.Shutdown(t.Context()))
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	select {
	case <-n.web.closing:
	case <-time.After(5 * time.Second):
		t.Error("shutting down does not end the event streams")
	}
}
