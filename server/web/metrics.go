package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the web face's own numbers, registered with the node's registry.
type metrics struct {
	requests  *prometheus.CounterVec
	bytes     *prometheus.CounterVec
	durations *prometheus.HistogramVec
	listeners prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "runnel_http_requests_total", Help: "Requests by route template, method and status.",
		}, []string{"route", "method", "status"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "runnel_http_response_bytes_total", Help: "Body bytes sent by route template and source (memory, redis, local, peer).",
		}, []string{"route", "source"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "runnel_http_request_seconds", Help: "Time from the request's headers to its last byte.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"route"}),
		listeners: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "runnel_http_event_listeners", Help: "Clients that are listening to server-sent events.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.bytes, m.durations, m.listeners} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) request(method, route string, status, bytes int, source string, took time.Duration) {
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Inc()
	m.bytes.WithLabelValues(route, source).Add(float64(bytes))
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

func metricsHandler(reg prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
