package cache

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// redisMetrics are runnel_redis_requests_total{op,result}, where result is ok,
// miss, full (no memory left there), busy (no connection free here), gone (the
// caller did not wait), wrong (not a block's type), error or skipped (Redis is
// not used); runnel_redis_dropped_total, blocks never sent for want of room in
// the queue; runnel_redis_up, 1 while Redis is used and answers.
type redisMetrics struct {
	requests *prometheus.CounterVec
	dropped  prometheus.Counter
	up       prometheus.Gauge
}

func newRedisMetrics(reg prometheus.Registerer) (*redisMetrics, error) {
	m := &redisMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "runnel", Subsystem: "redis", Name: "requests_total", Help: "Calls to Redis, by how they ended.",
		}, []string{"op", "result"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "runnel", Subsystem: "redis", Name: "dropped_total", Help: "Blocks not written for want of room in the queue.",
		}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "runnel", Subsystem: "redis", Name: "up", Help: "1 while Redis is used and answers.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(reg.Register(m.requests), reg.Register(m.dropped), reg.Register(m.up))
}

func (m *redisMetrics) request(op, result string) { m.requests.WithLabelValues(op, result).Inc() }
