package ingest

import (
	"time"

	"runnel/models"
)

// playable follows how far a viewer can go while the rest is still being made:
// as far as every rendition that the live playlist names reaches without a gap.
type playable struct {
	reach map[string]*reach // live renditions only
}

// reach is one rendition's contiguous beginning.
type reach struct {
	init  bool
	next  int // number of the first segment that is missing
	until time.Duration
	ahead map[int]time.Duration // segments beyond the gap
}

func newPlayable(renditions []models.Rendition) *playable {
	p := &playable{reach: map[string]*reach{}}
	for _, r := range renditions {
		if r.Live {
			p.reach[r.ID] = &reach{ahead: map[int]time.Duration{}}
		}
	}
	return p
}

// add notes a segment; one that was noted before changes nothing.
func (p *playable) add(s models.Segment) {
	r := p.reach[s.Rendition]
	if r == nil {
		return
	}
	if s.Number == models.InitNumber {
		r.init = true
		return
	}
	if s.Number < r.next {
		return
	}
	r.ahead[s.Number] = s.Duration
	for {
		d, ok := r.ahead[r.next]
		if !ok {
			return
		}
		delete(r.ahead, r.next)
		r.next++
		r.until += d
	}
}

// seconds is how much can be played from the beginning.
func (p *playable) seconds() time.Duration {
	least := time.Duration(-1)
	for _, r := range p.reach {
		if !r.init {
			return 0
		}
		if least < 0 || r.until < least {
			least = r.until
		}
	}
	return max(least, 0)
}
