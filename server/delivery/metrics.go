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
	Event(e Event)
}

// Event is something to count that has no source.
type Event int

// The events.
const (
	EventMissed     Event = iota // a block was asked for and not in memory
	EventCoalesced               // a request joined a fetch under way
	EventHandedOver              // another server's fetch supplied the block
	EventAhead                   // a block was fetched ahead
	EventHealed                  // a damaged block on disk was replaced
	eventCount
)

type silent struct{}

func (silent) Served(Source, int)  {}
func (silent) Fetched(Source, int) {}
func (silent) Refused(Source)      {}
func (silent) Event(Event)         {}

// Counters is Metrics for Prometheus. It finds its counters once: a request
// costs no lookup by label.
type Counters struct {
	served, servedBytes, fetched, fetchedBytes, refused [sourceCount]prometheus.Counter
	events                                              [eventCount]prometheus.Counter
}

// NewCounters makes the counters runnel_delivery_… and registers them.
func NewCounters(reg prometheus.Registerer) (*Counters, error) {
	c := &Counters{}
	err := errors.Join(
		bySource(reg, &c.served, "served_blocks_total", "Blocks handed to callers, by where they were found."),
		bySource(reg, &c.servedBytes, "served_bytes_total", "Bytes of blocks handed to callers, by where they were found."),
		bySource(reg, &c.fetched, "fetched_blocks_total", "Blocks read from Redis or disk or received from peers."),
		bySource(reg, &c.fetchedBytes, "fetched_bytes_total", "Bytes of blocks read from Redis or disk or received from peers."),
		bySource(reg, &c.refused, "refused_blocks_total", "Blocks whose bytes did not match their CID."))
	for e, about := range [eventCount]struct{ name, help string }{
		EventMissed:     {"memory_misses_total", "Blocks asked for that were not in memory."},
		EventCoalesced:  {"coalesced_total", "Requests that joined a fetch under way."},
		EventHandedOver: {"handed_over_total", "Blocks that another server fetched while this one waited."},
		EventAhead:      {"ahead_blocks_total", "Blocks fetched ahead of a playback."},
		EventHealed:     {"healed_blocks_total", "Damaged blocks on disk replaced by good ones."},
	} {
		c.events[e] = prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "runnel", Subsystem: "delivery", Name: about.name, Help: about.help,
		})
		err = errors.Join(err, reg.Register(c.events[e]))
	}
	return c, err
}

func bySource(reg prometheus.Registerer, out *[sourceCount]prometheus.Counter, name, help string) error {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "runnel", Subsystem: "delivery", Name: name, Help: help,
	}, []string{"source"})
	for s := SourceMemory; s < sourceCount; s++ {
		out[s] = v.WithLabelValues(s.String())
	}
	return reg.Register(v)
}

// Served counts a block handed to a caller.
func (c *Counters) Served(from Source, bytes int) {
	c.served[from].Inc()
	c.servedBytes[from].Add(float64(bytes))
}

// Fetched counts a block read or received.
func (c *Counters) Fetched(from Source, bytes int) {
	c.fetched[from].Inc()
	c.fetchedBytes[from].Add(float64(bytes))
}

// Refused counts a block with wrong bytes.
func (c *Counters) Refused(from Source) { c.refused[from].Inc() }

// Event counts an event.
func (c *Counters) Event(e Event) { c.events[e].Inc() }
