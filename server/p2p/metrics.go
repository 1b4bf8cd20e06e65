package p2p

import (
	"fmt"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/prometheus/client_golang/prometheus"
)

// collector reports what the node counted.
type collector struct {
	n     *Node
	lines []line
}

// line is one metric: its name, meaning and value.
type line struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(s *sample) float64
}

// sample is the node's state at one moment.
type sample struct {
	swap bitswap.Stat
	lag  lag
	held time.Duration
	wait int
}

func newCollector(n *Node) *collector {
	c := &collector{n: n}
	add := func(kind prometheus.ValueType, name, help string, labels prometheus.Labels, read func(*sample) float64) {
		c.lines = append(c.lines, line{prometheus.NewDesc(name, help, nil, labels), kind, read})
	}
	counter := func(name, help string, read func(*sample) uint64) {
		add(prometheus.CounterValue, "runnel_p2p_"+name+"_total", help, nil, func(s *sample) float64 { return float64(read(s)) })
	}
	refused := func(what string, read func() uint64) {
		add(prometheus.CounterValue, "runnel_p2p_refused_total", "What peers sent or wanted and was refused.",
			prometheus.Labels{"what": what}, func(*sample) float64 { return float64(read()) })
	}
	gauge := func(name, help string, read func(*sample) float64) {
		add(prometheus.GaugeValue, "runnel_"+name, help, nil, read)
	}
	counter("received_bytes", "Bytes of blocks that peers sent, wanted or not.", func(s *sample) uint64 { return s.swap.DataReceived })
	counter("sent_bytes", "Bytes of blocks sent to peers.", func(s *sample) uint64 { return s.swap.DataSent })
	counter("received_blocks", "Blocks that peers sent, wanted or not.", func(s *sample) uint64 { return s.swap.BlocksReceived })
	counter("sent_blocks", "Blocks sent to peers.", func(s *sample) uint64 { return s.swap.BlocksSent })
	gauge("p2p_peers", "Connected peers.", func(*sample) float64 { return float64(len(n.host.Network().Peers())) })
	gauge("p2p_dht_peers", "Nodes in the DHT's routing table.", func(*sample) float64 { return float64(n.dht.RoutingTable().Size()) })

	refused("private_dial", n.reach.barred.Load)
	refused("want", n.quota.wants.Load)
	refused("record", n.quota.records.Load)
	refused("long_message", n.counts.tooLong.Load)
	refused("garbage", n.counts.garbage.Load)
	refused("unfinished", n.counts.unfinished.Load)
	refused("memory", n.counts.noMemory.Load)
	refused("wrong_bytes", n.counts.liars.Load)
	refused("flood", n.counts.floods.Load)
	refused("stalled", n.stalls.dropped.Load)
	refused("banned_peer", n.reach.conduct.banned.Load)
	refused("slowed_address", n.reach.conduct.slowed.Load)

	gauge("p2p_egress_limit_bytes", "Bytes of blocks that may be sent to peers in a second; 0 is no limit.", func(*sample) float64 { return float64(n.cfg.EgressLimit) })
	gauge("p2p_egress_waiting", "Messages that wait for the egress limit.", func(s *sample) float64 { return float64(s.wait) })
	add(prometheus.CounterValue, "runnel_p2p_egress_wait_seconds_total", "How long messages waited for the egress limit.", nil,
		func(s *sample) float64 { return s.held.Seconds() })

	gauge("provide_lag_seconds", "How long announcements have been due without a moment when all were made.", func(s *sample) float64 { return s.lag.behind.Seconds() })
	gauge("provide_roots", "Releases that are announced in the DHT.", func(s *sample) float64 { return float64(s.lag.stats.Schedule.Keys) })
	gauge("provide_due", "Announcements and regions of the DHT that are due.", func(s *sample) float64 { return float64(s.lag.due) })
	add(prometheus.CounterValue, "runnel_provide_announced_total", "Announcements of a release that were made.", nil,
		func(s *sample) float64 { return float64(s.lag.stats.Operations.Past.KeysProvided) })
	add(prometheus.CounterValue, "runnel_provide_failed_total", "Announcements of a release that could not be made.", nil,
		func(s *sample) float64 { return float64(s.lag.stats.Operations.Past.KeysFailed) })
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, l := range c.lines {
		out <- l.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := &sample{lag: c.n.announcer.state()}
	if stat, err := c.n.swap.Stat(); err == nil {
		s.swap = *stat
	}
	s.held, s.wait = c.n.egress.waited()
	for _, l := range c.lines {
		out <- prometheus.MustNewConstMetric(l.desc, l.kind, l.read(s))
	}
}

// register hands the node's counters to reg, when there is one, and returns
// what takes them back: a counter must not outlive the node it reads.
func (n *Node) register(reg prometheus.Registerer) (undo func(), err error) {
	if reg == nil {
		return func() {}, nil
	}
	c := newCollector(n)
	if err := reg.Register(c); err != nil {
		return func() {}, fmt.Errorf("p2p: metrics: %w", err)
	}
	return func() { reg.Unregister(c) }, nil
}
