package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"runnel/server/members"
	"runnel/server/p2p"
	"runnel/transcode/ffmpeg"
)

func (s *Server) openFFmpeg(context.Context) (err error) {
	if !s.cfg.Role.works() {
		return nil
	}
	s.runner, err = ffmpeg.New(ffmpeg.Config{RequireSandbox: s.cfg.RequireSandbox}, s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// openPeers joins the peer network with the node's own, lasting identity.
func (s *Server) openPeers(context.Context) error {
	key, err := p2p.LoadOrCreateKey(s.path(nodeKeyName))
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	listen, err := p2p.ParseListen(s.cfg.P2P)
	if err != nil {
		return fmt.Errorf("server: --p2p: %w", err)
	}
	bootstrap, err := p2p.ParsePeers(s.cfg.Bootstrap)
	if err != nil {
		return fmt.Errorf("server: --bootstrap: %w", err)
	}
	if len(s.cfg.P2P) == 0 {
		listen = p2p.DefaultListen()
	}
	id, err := p2p.IDOf(key)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	together, err := s.openMembers(id)
	if err != nil {
		return err
	}
	s.peers, err = p2p.New(p2p.Config{
		Key: key, Version: s.cfg.Version, Listen: listen, MoveIfTaken: len(s.cfg.P2P) == 0,
		Bootstrap: bootstrap, Servable: s.servable, Members: together, Metrics: s.registry, BlockTimeout: s.cfg.BlockTimeout,
	}, s.folder.Blocks.Blockstore(), s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// openMembers makes this server one of those that share its folder, and returns
// where the others are; nil for a server alone.
func (s *Server) openMembers(id string) (others func() ([]string, error), err error) {
	if s.cfg.Shared == "" {
		return nil, nil
	}
	s.members, err = members.New(filepath.Join(s.folder.Shared, "members"), id, func() []string { return s.describe().Addrs }, s.log)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return s.members.Others, nil
}

// servable is asked by peers for each block. When the catalogue cannot answer,
// nothing goes out.
func (s *Server) servable(ctx context.Context, block cid.Cid) bool {
	yes, err := s.folder.Catalog.BlockServable(ctx, block)
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("may a block go out", "block", block, "error", err)
	}
	return yes && err == nil
}
