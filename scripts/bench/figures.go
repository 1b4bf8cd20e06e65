package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// best is the shortest of the times.
func best(times []time.Duration) time.Duration { return slices.Min(times).Round(time.Microsecond) }

// middle is the median of the times.
func middle(times []time.Duration) time.Duration {
	return percentile(slices.Clone(times), 50).Round(time.Microsecond)
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// percentile returns the time that p of 100 do not exceed; the slice is sorted.
func percentile(times []time.Duration, p float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[min(len(times)-1, int(float64(len(times))*p/100))]
}

// ms is a time in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// mib is a number of bytes in MiB.
func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// list writes times side by side.
func list(times []time.Duration) string {
	out := make([]string, len(times))
	for i, d := range times {
		out[i] = fmt.Sprintf("%.0f", ms(d))
	}
	return strings.Join(out, " ") + " ms"
}
