package server

import (
	"context"
	"time"
)

// dueEvery is how often releases are looked for whose time has come.
const dueEvery = time.Second

// publishDue makes releases visible at their time. What a server that stops in
// between has not told the peer network is told by its next count.
func (s *Server) publishDue(ctx context.Context) error {
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		due, err := s.folder.Catalog.PublishDue(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			s.log.Error("publish at a time", "error", err)
		}
		for _, r := range due {
			s.log.Info("release published at its time", "release", r.ID)
			if r.Manifest.Defined() {
				s.tell(ctx, r.Manifest)
			}
		}
	}
}
