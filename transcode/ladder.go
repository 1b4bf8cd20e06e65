package transcode

import (
	"fmt"
	"math/big"

	"runnel/models"
)

// minRate keeps the smallest pictures recognisable.
const minRate = 64_000

// step is a rung as it is made for one source.
type step struct {
	Rung
	Width, Height int
	MaxRate       int // bits per second over any second and longer
}

// bufSize is x264's decoder buffer in bits: one second at the full rate.
func (s step) bufSize() int { return s.MaxRate }

// limit returns what the rung's bit rate over a segment cannot exceed: x264
// keeps any stretch of t seconds below the rate times t plus the buffer; the
// rest is the container's.
func (s step) limit(segment *big.Rat) int {
	seconds, _ := segment.Float64()
	bits := float64(s.MaxRate) + float64(s.bufSize())/seconds
	return int(bits*1.02) + 16_000
}

// ladder returns the steps for a picture as it is shown, lowest first: every
// rung up to its size, and its own size where that is clearly above the highest
// of them. Nothing is made larger than the source.
func (p Profile) ladder(width, height int, rate *big.Rat) []step {
	short := min(width, height) &^ 1
	var steps []step
	for _, r := range p.Rungs {
		if r.Size <= min(short, p.Highest) {
			steps = append(steps, p.fit(r, width, height, rate))
		}
	}
	if own, ok := p.ownRung(short, steps); ok {
		steps = append(steps, p.fit(own, width, height, rate))
	}
	return steps
}

// ownRung returns a rung of the source's own size for a source between two
// rungs, if the lower one is more than a tenth smaller.
func (p Profile) ownRung(short int, steps []step) (Rung, bool) {
	if len(steps) > 0 && short*10 <= steps[len(steps)-1].Size*11 {
		return Rung{}, false
	}
	for _, r := range p.Rungs {
		if r.Size > short && r.Size <= p.Highest {
			r.MaxRate = int(int64(r.MaxRate) * int64(short) * int64(short) / int64(r.Size*r.Size))
			r.Size, r.Direct = short, len(steps) == 0
			return r, true
		}
	}
	return Rung{}, false
}

// fit gives a rung the source's shape, in even numbers.
func (p Profile) fit(r Rung, width, height int, rate *big.Rat) step {
	short, long := min(width, height), max(width, height)
	other := even(long, r.Size, short)
	s := step{Rung: r, Width: other, Height: r.Size}
	if height > width {
		s.Width, s.Height = r.Size, other
	}
	// The rung's rate is meant for 16:9; wider pictures have more to say.
	share := float64(other*9) / float64(r.Size*16)
	perSecond := float64(r.MaxRate) * min(max(share, 0.5), 1.5)
	if rate.Cmp(big.NewRat(30, 1)) > 0 {
		perSecond *= 1.5
	}
	s.MaxRate = max(int(perSecond/1000)*1000, minRate)
	return s
}

// even returns long·size/short as an even number, rounded down.
func even(long, size, short int) int {
	if size >= short&^1 {
		return max(long&^1, 2)
	}
	return max(long*size/(2*short)*2, 2)
}

// rendition describes a step to the rest of the program.
func (s step) rendition(rate, segment *big.Rat) models.Rendition {
	return models.Rendition{
		ID:        fmt.Sprintf("v/%dp%d", s.Size, round(rate)),
		Media:     models.MediaVideo,
		Width:     s.Width,
		Height:    s.Height,
		FrameRate: rate,
		Cap:       s.limit(segment),
	}
}
