package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	boxo "github.com/ipfs/boxo/gateway"

	"runnel/models"
)

// Gateway is an http.Handler for a listener of its own; it reads the Host of
// each request, so nothing may route before it.
type Gateway struct {
	cfg     Config
	proxies []netip.Prefix
	backend *backend
	handler http.Handler
}

// New returns a gateway. It starts nothing and holds nothing that needs closing.
// Wrong settings are models.ErrInvalid.
func New(cfg Config, deps Deps) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Blocks == nil || deps.Rules == nil {
		return nil, fmt.Errorf("gateway: %w", errors.Join(models.ErrInvalid, errors.New("blocks and rules are needed")))
	}
	proxies, err := parseProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	gate := rules{rules: deps.Rules, open: cfg.Open}
	store := blockstore.NewIdStore(&store{blocks: deps.Blocks, rules: gate})
	base, err := boxo.NewBlocksBackend(blockservice.New(store, nil))
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g := &Gateway{cfg: cfg, proxies: proxies, backend: &backend{BlocksBackend: base, rules: gate, names: names{deps.Names, deps.Links}}}
	settings := library(cfg, deps.Links != nil)
	inner := g.conditional(boxo.NewHandler(settings, g.backend))
	headers := boxo.NewHeaders(nil).WithDeprecatedXIpfsPath().ApplyCors()
	g.handler = headers.Wrap(boxo.NewHostnameHandler(settings, g.backend, onlyContent(inner)))
	return g, nil
}

// library is what the protocol library is told.
func library(cfg Config, links bool) boxo.Config {
	hosts := map[string]*boxo.PublicGateway{"localhost": origins(links, false)}
	for _, host := range cfg.PublicHosts {
		hosts[host] = origins(links, true) // a wildcard certificate covers one label
	}
	return boxo.Config{
		DeserializedResponses: true,
		DeprecatedXIpfsPath:   true,
		NoDNSLink:             !links,
		PublicGateways:        hosts,
		MaxConcurrentRequests: cfg.MaxConcurrent,
		MaxRequestDuration:    cfg.MaxDuration,
		MetricsRegistry:       cfg.Metrics,
		// Not MaxUnixFSDAGResponseSize: it would look before each CAR whether all of
		// the path is there, and refuse the part of a DAG that can be had.
		MaxDeserializedResponseSize: cfg.MaxResponse,
	}
}

func origins(links, inline bool) *boxo.PublicGateway {
	return &boxo.PublicGateway{
		Paths: []string{"/ipfs", "/ipns"}, UseSubdomains: true, NoDNSLink: !links,
		InlineDNSLink: inline, DeserializedResponses: true,
	}
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.Method == http.MethodConnect:
		g.tunnel(w)
		return
	case !wellFormed(r):
		http.Error(w, "400 the path is too long or holds control characters", http.StatusBadRequest)
		return
	}
	r = r.Clone(r.Context())
	if !g.isProxy(r.RemoteAddr) {
		r.Header.Del("X-Forwarded-Host")
		r.Header.Del("X-Forwarded-Proto")
	}
	if to, other := oneSpelling(r); other {
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return
	}
	tidyRange(r)
	g.answer(w, r)
}

// answer passes a request to the library within the limits.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request) {
	ctx, patience := begin(r.Context(), w, g.cfg.RetrievalTimeout)
	out := &bounded{ResponseWriter: w, patience: patience, left: -1}
	if isArchive(r) {
		out.left = g.cfg.MaxResponse
	}
	g.handler.ServeHTTP(out, r.WithContext(ctx))
	patience.end()
	if out.cut || out.begun && patience.over.Load() {
		panic(http.ErrAbortHandler) // a clean end would pass for a whole answer
	}
}
