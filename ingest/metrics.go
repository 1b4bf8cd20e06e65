package ingest

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Counters are runnel_jobs_running, the attempts under way here;
// runnel_jobs_attempts_total{outcome}, where outcome is done, retried, failed,
// returned (the server stopped) or lost (cancelled, deleted or taken by another
// server); and runnel_jobs_attempt_seconds, how long they took.
type Counters struct {
	running  prometheus.Gauge
	attempts [outcomes]prometheus.Counter
	took     prometheus.Histogram
}

// NewCounters makes the counters and registers them; reg may be nil.
func NewCounters(reg prometheus.Registerer) (*Counters, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "runnel", Subsystem: "jobs", Name: name, Help: help}
	}
	c := &Counters{running: prometheus.NewGauge(prometheus.GaugeOpts(opts("running", "Attempts under way on this server.")))}
	ended := prometheus.NewCounterVec(prometheus.CounterOpts(opts("attempts_total", "Attempts that ended on this server, by how.")), []string{"outcome"})
	for end := range c.attempts {
		c.attempts[end] = ended.WithLabelValues(outcome(end).label())
	}
	c.took = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "runnel", Subsystem: "jobs", Name: "attempt_seconds", Help: "How long attempts took.",
		Buckets: []float64{1, 5, 15, 60, 300, 900, 3600, 14400},
	})
	if reg == nil {
		return c, nil
	}
	return c, errors.Join(reg.Register(c.running), reg.Register(ended), reg.Register(c.took))
}

func (c *Counters) begun() { c.running.Inc() }

func (c *Counters) ended(end outcome, took time.Duration) {
	c.running.Dec()
	c.attempts[end].Inc()
	c.took.Observe(took.Seconds())
}
