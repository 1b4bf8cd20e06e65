package hls

import (
	"math"
	"time"

	"runnel/models"
)

// Measured is what the segments of a rendition say of it.
type Measured struct {
	Bandwidth        int // the peak: most bits per second over about one target duration
	AverageBandwidth int
	Segments         int
	Duration         time.Duration
	Bytes            int64 // init segment included, where it is among the segments
}

// Apply sets the measured fields of a rendition.
func (m Measured) Apply(r *models.Rendition) {
	r.Bandwidth, r.AverageBandwidth = m.Bandwidth, m.AverageBandwidth
	r.Segments, r.Duration, r.Bytes = m.Segments, m.Duration, m.Bytes
}

// Measure measures a rendition from its segments. The peak is that of RFC
// 8216bis §1: the largest bit rate of any contiguous segments whose total
// duration is between 0.5 and 1.5 times the target duration.
func Measure(segs []models.Segment) Measured {
	m := measure(inOrder(segs), func(s models.Segment) int64 { return s.File.Size })
	m.Bytes = 0
	for _, s := range segs {
		m.Bytes += s.File.Size
	}
	return m
}

// MeasureIFrames measures the I-frame playlist of a rendition.
func MeasureIFrames(segs []models.Segment) Measured {
	return measure(inOrder(segs), func(s models.Segment) int64 { return s.KeyBytes })
}

func measure(segs []models.Segment, size func(models.Segment) int64) Measured {
	m := Measured{Segments: len(segs)}
	target := 1
	for _, s := range segs {
		m.Duration += s.Duration
		m.Bytes += size(s)
		target = max(target, roundSeconds(s.Duration))
	}
	m.AverageBandwidth = rate(m.Bytes, m.Duration)
	least := time.Duration(target) * time.Second / 2
	for i := range segs {
		var bytes int64
		var span time.Duration
		for _, s := range segs[i:] {
			bytes, span = bytes+size(s), span+s.Duration
			if span > 3*least {
				break
			}
			if span >= least {
				m.Bandwidth = max(m.Bandwidth, rate(bytes, span))
			}
		}
	}
	// All of it together is shorter than half a target duration.
	m.Bandwidth = max(m.Bandwidth, m.AverageBandwidth)
	return m
}

// rate is in bits per second, rounded up.
func rate(bytes int64, span time.Duration) int {
	if span <= 0 {
		return 0
	}
	return int(math.Ceil(float64(bytes) * 8 / span.Seconds()))
}
