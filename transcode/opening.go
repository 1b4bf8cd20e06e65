package transcode

import (
	"slices"
	"sync"
)

// opening is the beginning of a film, which a viewer waits for: the first
// segment of every rendition that keeps ahead of one. Until it is there, nothing
// else takes a core from it.
type opening struct {
	mu     sync.Mutex
	awaits map[string]bool // renditions
	there  chan struct{}   // closed when nothing is awaited
}

func newOpening(p *Plan, done Done) *opening {
	o := &opening{awaits: map[string]bool{}, there: make(chan struct{})}
	for i, r := range p.Renditions {
		if p.leads(i) && !done(r.ID, 0) {
			o.awaits[r.ID] = true
		}
	}
	if len(o.awaits) == 0 {
		close(o.there)
	}
	return o
}

// delivered notes that a rendition's first segment was handed over.
func (o *opening) delivered(rendition string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.awaits[rendition] {
		return
	}
	delete(o.awaits, rendition)
	if len(o.awaits) == 0 {
		close(o.there)
	}
}

// leads reports whether a rendition is made from the start: the rung that goes
// ahead, else all of them, and the sound. It follows from the order of work, not
// from what is told to viewers, so that the opening never awaits what waits for
// it.
func (p *Plan) leads(rendition int) bool {
	return p.Ahead == "" || rendition >= len(p.steps) || p.Renditions[rendition].ID == p.Ahead
}

// begins reports whether a run makes a part of the opening.
func (p *Plan) begins(t task) bool {
	return t.part.Number == 0 && slices.ContainsFunc(t.rungs, p.leads)
}
