package p2p

import (
	"fmt"

	"github.com/ipfs/boxo/bitswap"
	"github.com/prometheus/client_golang/prometheus"
)

// collector reports what Bitswap counted.
type collector struct {
	n                          *Node
	bytesIn, bytesOut          *prometheus.Desc
	blocksIn, blocksOut, peers *prometheus.Desc
}

func newCollector(n *Node) *collector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("runnel_p2p_"+name, help, nil, nil)
	}
	return &collector{
		n:         n,
		bytesIn:   desc("received_bytes_total", "Bytes of blocks that peers sent, wanted or not."),
		bytesOut:  desc("sent_bytes_total", "Bytes of blocks sent to peers."),
		blocksIn:  desc("received_blocks_total", "Blocks that peers sent, wanted or not."),
		blocksOut: desc("sent_blocks_total", "Blocks sent to peers."),
		peers:     desc("peers", "Connected peers."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stat, err := c.n.swap.Stat()
	if err != nil {
		stat = &bitswap.Stat{}
	}
	counter := func(d *prometheus.Desc, v uint64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	counter(c.bytesIn, stat.DataReceived)
	counter(c.bytesOut, stat.DataSent)
	counter(c.blocksIn, stat.BlocksReceived)
	counter(c.blocksOut, stat.BlocksSent)
	peers := len(c.n.host.Network().Peers())
	out <- prometheus.MustNewConstMetric(c.peers, prometheus.GaugeValue, float64(peers))
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
