package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models/catalog"
	"runnel/server/gateway"
)

// openGateway wires the IPFS gateway, which answers on an address, and so an
// origin, of its own: what it serves may be anybody's page.
func (s *Server) openGateway(context.Context) (err error) {
	if s.cfg.GatewayHTTP == "" || !s.cfg.Role.serves() {
		return nil
	}
	if s.gatewayAt, err = net.Listen("tcp", s.cfg.GatewayHTTP); err != nil {
		// No reason not to serve: a second node on the machine runs without.
		s.log.Warn("the IPFS gateway is off: the address is taken", "gateway-http", s.cfg.GatewayHTTP)
		s.gatewayAt = nil
		return nil
	}
	s.gateway, err = gateway.New(gateway.Config{
		Open: s.cfg.Gateway == "open", PublicHosts: s.cfg.GatewayHosts, TrustedProxies: s.cfg.TrustedProxies, Metrics: s.registry,
	}, gateway.Deps{Blocks: gatewayBlocks{s}, Rules: gatewayRules{s.folder.Catalog}, Names: s.peers})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// gatewayServer bounds what a client may take before its request is read; the
// gateway itself bounds the answer.
func (s *Server) gatewayServer() *http.Server {
	return &http.Server{Handler: s.gateway, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
}

// gatewayBlocks is delivery in the words of the gateway.
type gatewayBlocks struct{ s *Server }

// Get finds a block wherever it is.
func (g gatewayBlocks) Get(ctx context.Context, root, block cid.Cid) ([]byte, error) {
	data, _, err := g.s.delivery.Block(ctx, root, block)
	return data, err
}

// Has looks in memory and on this node's disk.
func (g gatewayBlocks) Has(ctx context.Context, block cid.Cid) (bool, error) {
	return g.s.delivery.Held(ctx, block)
}

// gatewayRules is the catalogue's word on blocks, which a gateway asks for one at
// a time.
type gatewayRules struct{ *catalog.Catalog }

// LiveBlocks returns which of the blocks the catalogue knows.
func (g gatewayRules) LiveBlocks(ctx context.Context, blocks []cid.Cid) (map[cid.Cid]bool, error) {
	live := make(map[cid.Cid]bool, len(blocks))
	for _, b := range blocks {
		known, err := g.BlockLive(ctx, b)
		if err != nil {
			return nil, err
		}
		if known {
			live[b] = true
		}
	}
	return live, nil
}
