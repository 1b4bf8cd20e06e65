package server

import (
	"context"
	"fmt"

	ma "github.com/multiformats/go-multiaddr"

	"runnel/models"
)

// Folder is the node's data folder, open as long as the node is.
func (s *Server) Folder() *Folder { return s.folder }

// GatewayURL is where the IPFS gateway answers, by address; empty when it is off.
func (s *Server) GatewayURL() string {
	if s.gatewayAt == nil {
		return ""
	}
	return "http://" + s.gatewayAt.Addr().String()
}

// PeerID is the node's name among peers.
func (s *Server) PeerID() string { return s.peers.ID().String() }

// PeerAddrs are where peers reach the node, each with /p2p/….
func (s *Server) PeerAddrs() []string { return s.describe().Addrs }

// Connect dials a peer; models.ErrUnavailable when it does not answer.
func (s *Server) Connect(ctx context.Context, address string) error {
	to, err := ma.NewMultiaddr(address)
	if err != nil {
		return fmt.Errorf("server: peer address %q: %w: %w", address, models.ErrInvalid, err)
	}
	return s.peers.Connect(ctx, to)
}

// Shun keeps a peer away until welcome is called.
func (s *Server) Shun(id string) (welcome func(), err error) { return s.peers.Shun(id) }
