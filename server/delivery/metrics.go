package delivery

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics hears what delivery does. It is called from many goroutines.
type Metrics interface {
	Served(from Source, bytes int)  // a block was handed to a caller
	Fetched(from Source, bytes int) // a block was read or received, once for all who wait
	Refused(from Source)            // bytes were not those of their CID
	Healed()                        // a damaged block on disk was replaced
}

type silent struct{}

func (silent) Served(Source, int)  {}
func (silent) Fetched(Source, int) {}
func (silent) Refused(Source)      {}
func (silent) Healed()             {}

// Counters is Metrics for Prometheus.
type Counters struct {
	served, servedBytes, fetched, fetchedBytes, refused *prometheus.CounterVec
	healed                                              prometheus.Counter
}

// NewCounters makes the counters runnel_delivery_… and registers them.
func NewCounters(reg prometheus.Registerer) (*Counters, error) {
	c := &Counters{
		served:       bySource("served_blocks_total", "Blocks handed to callers, by where they were found."),
		servedBytes:  bySource("served_bytes_total", "Bytes of blocks handed to callers, by where they were found."),
		fetched:      bySource("fetched_blocks_total", "Blocks read from disk or received from peers."),
		fetchedBytes: bySource("fetched_bytes_total", "Bytes of blocks read from disk or received from peers."),
		refused:      bySource("refused_blocks_total", "Blocks whose bytes did not match their CID."),
		healed: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "runnel", Subsystem: "delivery", Name: "healed_blocks_total",
			Help: "Damaged blocks on disk replaced by a peer's good ones.",
		}),
	}
	return c, errors.Join(reg.Register(c.served), reg.Register(c.servedBytes), reg.Register(c.fetched),
		reg.Register(c.fetchedBytes), reg.Register(c.refused), reg.Register(c.healed))
}

func bySource(name, help string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "runnel", Subsystem: "delivery", Name: name, Help: help,
	}, []string{"source"})
}

// Served counts a block handed to a caller.
func (c *Counters) Served(from Source, bytes int) {
	c.served.WithLabelValues(from.String()).Inc()
	c.servedBytes.WithLabelValues(from.String()).Add(float64(bytes))
}

// Fetched counts a block read or received.
func (c *Counters) Fetched(from Source, bytes int) {
	c.fetched.WithLabelValues(from.String()).Inc()
	c.fetchedBytes.WithLabelValues(from.String()).Add(float64(bytes))
}

// Refused counts a block with wrong bytes.
func (c *Counters) Refused(from Source) { c.refused.WithLabelValues(from.String()).Inc() }

// Healed counts a replaced block.
func (c *Counters) Healed() { c.healed.Inc() }
