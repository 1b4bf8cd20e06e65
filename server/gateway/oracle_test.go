package gateway

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	boxo "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/namesys"
	"github.com/ipfs/boxo/routing/offline"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// answer is what a gateway said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// oracle is the protocol library by itself, set up as its authors run the
// specifications' conformance suite against it. It has no rules.
func (s *specimens) oracle() http.Handler {
	routing := offline.NewOfflineRouter(dssync.MutexWrap(datastore.NewMapDatastore()), ipns.Validator{})
	for name, data := range s.records {
		n, err := ipns.NameFromString(name)
		require.NoError(s.t, err)
		_ = routing.PutValue(s.t.Context(), string(n.RoutingKey()), data) // what is not valid is refused
	}
	system, err := namesys.NewNameSystem(routing)
	require.NoError(s.t, err)
	registry := prometheus.NewRegistry()
	backend, err := boxo.NewBlocksBackend(blockservice.New(blockstore.NewIdStore(s.store), nil),
		boxo.WithNameSystem(system), boxo.WithValueStore(routing), boxo.WithPrometheusRegistry(registry))
	require.NoError(s.t, err)
	cfg := boxo.Config{
		DeserializedResponses: true, DeprecatedXIpfsPath: true, NoDNSLink: true, MetricsRegistry: registry,
		PublicGateways: map[string]*boxo.PublicGateway{"localhost": {Paths: []string{"/ipfs", "/ipns"}, UseSubdomains: true, NoDNSLink: true, DeserializedResponses: true}},
	}
	return boxo.NewHeaders(nil).WithDeprecatedXIpfsPath().ApplyCors().Wrap(boxo.NewHostnameHandler(cfg, backend, boxo.NewHandler(cfg, backend)))
}

// direct asks a handler in this process; at is the host that serves subdomains.
func direct(h http.Handler, q query, at string) answer {
	r := httptest.NewRequest(q.Method, q.Target, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8081", "127.0.0.1:9"
	if q.Host != "" {
		r.Host = strings.ReplaceAll(q.Host, "{gw}", at)
	}
	for name, values := range q.Head {
		r.Header[name] = []string{strings.ReplaceAll(values[0], "{gw}", at)}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	if q.Method == http.MethodHead {
		body = nil // a server drops it
	}
	return answer{w.Code, w.Result().Header, body}
}

// differs says in what two answers differ, but for what is meant to.
func differs(q query, ours, theirs answer) string {
	switch {
	case deliberate(q, ours, theirs):
		return ""
	case ours.status != theirs.status:
		return "status"
	case ours.header.Get("Content-Type") == "application/x-tar" && len(ours.body) == len(theirs.body):
		// They tell the time.
	case !bytes.Equal(ours.body, theirs.body):
		return "body"
	}
	for _, name := range slices.Sorted(keysOf(ours.header, theirs.header)) {
		if !slices.Equal(ours.header[name], theirs.header[name]) && !ownHeader[name] {
			return name
		}
	}
	return ""
}

func keysOf(a, b http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, h := range []http.Header{a, b} {
			for name := range h {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// ownHeader are headers in which every answer of ours differs: what a stranger's
// bytes may do in a browser, and times of day.
var ownHeader = map[string]bool{"X-Content-Type-Options": true, "Content-Security-Policy": true, "Last-Modified": true, "Date": true}

// deliberate reports whether an answer is meant to be another than the
// library's. That of ours is checked by the tests of this package.
func deliberate(q query, ours, theirs answer) bool {
	switch {
	case theirs.status == http.StatusInternalServerError && (ours.status == http.StatusGatewayTimeout || ours.status == http.StatusBadGateway):
		return strings.Contains(q.Target+q.Host, "ipns") // the library calls a name that does not resolve its own fault
	case ours.status == http.StatusNotFound && strings.Contains(q.Target, missing):
		return true // the library sends a CAR without blocks, and other words
	case ours.status == http.StatusNotFound && theirs.status == http.StatusBadRequest:
		return !strings.HasPrefix(q.Target, "/ipfs/") && !strings.HasPrefix(q.Target, "/ipns/") || strings.HasSuffix(q.Host, "example.net") // no content path
	}
	return false
}

func TestAnswersAsTheLibrary(t *testing.T) {
	t.Parallel()
	s := newSpecimens(t)
	shelf, oracle := s.shelf(), s.oracle()
	g := start(t, Config{Open: true}, Deps{Blocks: shelf, Rules: shelf, Names: s.records})
	queries := s.queries()
	for _, q := range queries {
		ours, theirs := direct(g, q, "localhost:8081"), direct(oracle, q, "localhost:8081")
		if what := differs(q, ours, theirs); what != "" {
			t.Errorf("%s: %s: ours %d %v %.300q, the library's %d %v %.300q", q, what, ours.status, ours.header, ours.body, theirs.status, theirs.header, theirs.body)
		}
	}
	require.Greater(t, len(queries), 1000)
	t.Logf("%d requests", len(queries))
}
