package cache

import "github.com/prometheus/client_golang/prometheus"

// Collector reports a memory cache: runnel_cache_hits_total, …misses_total,
// …evictions_total (declined blocks among them), …entries, …bytes and
// …limit_bytes, both with overhead.
func (m *Memory) Collector() prometheus.Collector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("runnel_cache_"+name, help, nil, nil)
	}
	return &memoryCollector{
		memory: m, hits: desc("hits_total", "Blocks found in memory."), misses: desc("misses_total", "Blocks looked for in memory and not found."),
		evictions: desc("evictions_total", "Blocks displaced or declined."), entries: desc("entries", "Blocks in memory."),
		bytes: desc("bytes", "Bytes of memory in use."), limit: desc("limit_bytes", "Bytes of memory that may be used."),
	}
}

type memoryCollector struct {
	memory                                         *Memory
	hits, misses, evictions, entries, bytes, limit *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *memoryCollector) Describe(out chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, out)
}

// Collect implements prometheus.Collector.
func (c *memoryCollector) Collect(out chan<- prometheus.Metric) {
	s := c.memory.Stats()
	for _, m := range []struct {
		desc  *prometheus.Desc
		kind  prometheus.ValueType
		value float64
	}{
		{c.hits, prometheus.CounterValue, float64(s.Hits)}, {c.misses, prometheus.CounterValue, float64(s.Misses)},
		{c.evictions, prometheus.CounterValue, float64(s.Evictions)}, {c.entries, prometheus.GaugeValue, float64(s.Entries)},
		{c.bytes, prometheus.GaugeValue, float64(s.Bytes)}, {c.limit, prometheus.GaugeValue, float64(s.Limit)},
	} {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value)
	}
}
