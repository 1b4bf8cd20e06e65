package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"runnel/server/web"
)

// lowWater is how many free bytes the blocks' disk should have.
const lowWater = 512 << 20

// parts are the lines of /readyz. Only database and blocks decide whether the
// node can serve; the others are told as they are.
func (s *Server) parts() []web.Part {
	parts := []web.Part{
		{Name: "database", Vital: true, Check: func(ctx context.Context) (string, error) { return "", s.folder.Catalog.Ping(ctx) }},
		{Name: "blocks", Vital: true, Check: s.checkBlocks},
		{Name: "peers", Check: s.checkPeers},
		{Name: "storage", Check: s.checkStorage},
	}
	if s.runner != nil {
		parts = append(parts, web.Part{Name: "sandbox", Check: s.checkSandbox})
	}
	if s.certificates != nil {
		parts = append(parts, web.Part{Name: "certificate", Check: s.certificates.State})
	}
	if s.redis != nil {
		parts = append(parts, web.Part{Name: "redis", Check: s.redis.State})
	}
	return parts
}

func (s *Server) checkPeers(context.Context) (string, error) {
	note := fmt.Sprintf("%d connected", len(s.peers.Peers()))
	if limit := s.peers.EgressLimit(); limit > 0 {
		note += ", sent " + bitrate(limit) + " at most"
	}
	return note, nil
}

func (s *Server) checkBlocks(context.Context) (string, error) {
	free, err := s.folder.Blocks.Free()
	if err == nil && free < lowWater {
		return "little space left: " + fmt.Sprint(free) + " bytes", nil
	}
	return "", err
}

func (s *Server) checkSandbox(context.Context) (string, error) {
	layers := strings.Join(s.runner.Layers(), " ")
	if !strings.Contains(layers, "landlock") || !strings.Contains(layers, "seccomp") {
		return layers, errors.New("ffmpeg is not fully locked in on this system")
	}
	return layers, nil
}
