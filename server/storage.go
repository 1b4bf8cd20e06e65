package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"runnel/models/catalog"
	"runnel/server/web"
)

// meter tells how much a node keeps, to whoever asks how often.
type meter struct {
	read func(context.Context) (catalog.Usage, error)

	mu   sync.Mutex
	last catalog.Usage
	at   time.Time
}

const (
	meterAge  = time.Second // how old an answer may be
	meterTime = 2 * time.Second
)

// now counts again, unless that was done a moment ago. When the catalogue does
// not answer it is what was counted last.
func (m *meter) now(ctx context.Context) (catalog.Usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) < meterAge {
		return m.last, nil
	}
	ctx, cancel := context.WithTimeout(ctx, meterTime)
	defer cancel()
	u, err := m.read(ctx)
	if err == nil {
		m.last, m.at = u, time.Now()
	}
	return m.last, err
}

// openMeter registers the metrics of what is kept.
func (s *Server) openMeter(context.Context) error {
	s.meter = &meter{read: s.folder.Catalog.Usage}
	for name, part := range map[string]func(catalog.Usage) int64{
		"releases":  func(u catalog.Usage) int64 { return u.Releases },
		"uploads":   func(u catalog.Usage) int64 { return u.Uploads },
		"originals": func(u catalog.Usage) int64 { return u.Originals },
		"working":   func(u catalog.Usage) int64 { return u.Working },
	} {
		err := s.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "runnel_storage_bytes", Help: "Bytes kept or promised: releases, uploads, originals, and segments of running jobs.",
			ConstLabels: prometheus.Labels{"kind": name},
		}, func() float64 {
			u, err := s.meter.now(context.Background())
			if err != nil {
				s.log.Warn("storage cannot be counted", "error", err)
			}
			return float64(part(u))
		}))
		if err != nil {
			return fmt.Errorf("server: %w", err)
		}
	}
	limit := prometheus.NewGauge(prometheus.GaugeOpts{Name: "runnel_storage_limit_bytes", Help: "The most that may be kept (--max-storage); 0: no limit."})
	limit.Set(float64(s.cfg.MaxStorage))
	if err := s.registry.Register(limit); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// storage is what the node says of what it keeps.
func (s *Server) storage() web.StorageInfo {
	u, _ := s.meter.now(context.Background()) // the last count is good enough
	return web.StorageInfo{Used: u.Used(), Limit: u.Limit}
}

func (s *Server) checkStorage(ctx context.Context) (string, error) {
	u, err := s.meter.now(ctx)
	if err != nil {
		return "", err
	}
	note := fmt.Sprintf("%d bytes kept", u.Used())
	if u.Limit > 0 {
		note += fmt.Sprintf(" of %d", u.Limit)
	}
	if u.Limit > 0 && u.Used() >= u.Limit {
		return note, errors.New("full: pins and uploads are refused")
	}
	return note, nil
}

const (
	// collectEvery is how often a node with a limit frees what nothing names any
	// more: it lies on the disk and is not counted.
	collectEvery = time.Hour
	// collectGrace leaves blocks alone that a job may not have recorded yet.
	collectGrace = time.Hour
)

// collect removes the blocks that nothing needs from time to time.
func (s *Server) collect(ctx context.Context) error {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		swept, err := s.folder.Collect(ctx, collectGrace)
		if err != nil && ctx.Err() == nil {
			s.log.Error("collect", "error", err)
			continue
		}
		s.log.Info("collected", "blocks", swept.Blocks, "bytes", swept.Bytes)
	}
}
