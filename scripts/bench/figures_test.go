package main

import (
	"testing"
	"time"
)

const report = `Running 3s test @ http://127.0.0.1:1/x
  2 threads and 32 connections
  8160 requests in 3.10s, 5.34GB read
Requests/sec:   2632.11
Transfer/sec:      1.72GB
`

func TestWrkRate(t *testing.T) {
	if rate, err := wrkRate(report); err != nil || rate != 2632.11 {
		t.Errorf("%v, %v", rate, err)
	}
	for _, bad := range []string{"", report + "  Non-2xx or 3xx responses: 3\n", "  Socket errors: connect 0, read 9, write 0, timeout 0\n" + report} {
		if rate, err := wrkRate(bad); err == nil {
			t.Errorf("%q: %v", bad, rate)
		}
	}
}

func TestSample(t *testing.T) {
	const text = `# HELP a_total x
a_total{source="peer",x="1"} 3
a_total{source="local"} 4.5e+06
a_total_other 9
b 7
`
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{{"a_total", nil, 4500003}, {"a_total", []string{`source="peer"`}, 3}, {"b", nil, 7}} {
		if got, err := sample(text, c.name, c.labels...); err != nil || got != c.want {
			t.Errorf("%s %v: %v, %v", c.name, c.labels, got, err)
		}
	}
	if _, err := sample(text, "a"); err == nil {
		t.Error("a metric that is not there")
	}
}

func TestPercentile(t *testing.T) {
	var times []time.Duration
	for n := range 100 {
		times = append(times, time.Duration(100-n))
	}
	for p, want := range map[float64]time.Duration{0: 1, 50: 51, 99: 100, 100: 100} {
		if got := percentile(times, p); got != want {
			t.Errorf("p%v: %d, want %d", p, got, want)
		}
	}
	if percentile(nil, 50) != 0 {
		t.Error("of nothing")
	}
}
