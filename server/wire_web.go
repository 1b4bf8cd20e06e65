package server

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/ingest/spool"
	"runnel/player"
	"runnel/server/delivery"
	"runnel/server/web"
)

// openWeb wires the HTTP face and greets a new owner.
func (s *Server) openWeb(ctx context.Context) error {
	tus, err := spool.NewHandler(spool.HandlerConfig{BasePath: "/api/v1/uploads"}, s.spool)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	catalog := s.folder.Catalog
	s.web, err = web.New(web.Config{
		PublicURL: s.publicURL, Secret: s.folder.Secret[:], Version: s.cfg.Version, TrustedProxies: s.cfg.TrustedProxies,
		Pages: player.Dist(), MaxSize: s.spool.MaxSize(), Registry: s.registry,
	}, web.Deps{
		Accounts: catalog, Sessions: catalog, Tokens: catalog, Setup: catalog, Releases: catalog, Desk: catalog, Jobs: catalog,
		Growing: catalog, Roots: catalog, Uploads: catalog, Tus: tus, Delivery: contents{s.delivery}, Pins: pins{s.keeper},
		Node: s.describe, Parts: s.parts(), Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	link, err := s.folder.greet(ctx)
	if err != nil {
		return fmt.Errorf("server: first start: %w", err)
	}
	if link != "" {
		s.setupLink = s.publicURL + link
	}
	return nil
}

func (s *Server) describe() web.NodeInfo {
	info := web.NodeInfo{PeerID: s.peers.ID().String(), Version: s.cfg.Version, Peers: len(s.peers.Peers())}
	for _, address := range s.peers.Addrs() {
		info.Addrs = append(info.Addrs, address.String())
	}
	return info
}

// contents is delivery in the words of the HTTP face.
type contents struct{ delivery *delivery.Delivery }

func (c contents) Open(ctx context.Context, root cid.Cid, path string) (*web.Content, error) {
	return content(c.delivery.Open(ctx, root, path))
}

func (c contents) File(ctx context.Context, root, file cid.Cid) (*web.Content, error) {
	return content(c.delivery.File(ctx, root, file))
}

func (c contents) Raw(ctx context.Context, root cid.Cid) ([]byte, error) {
	data, _, err := c.delivery.Block(ctx, root, root)
	return data, err
}

func content(found *delivery.Content, err error) (*web.Content, error) {
	if err != nil {
		return nil, err
	}
	whole, _ := found.Bytes()
	return &web.Content{ReadSeeker: found, Closer: found, Size: found.Size(), CID: found.CID(), Source: found.Source().String(), Bytes: whole}, nil
}
