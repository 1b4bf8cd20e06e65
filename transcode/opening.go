package transcode

import "sync"

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
	for _, r := range p.Renditions {
		if r.Live && !done(r.ID, 0) {
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

// begins reports whether a run makes a part of the opening.
func (p *Plan) begins(t task) bool {
	if t.part.Number > 0 {
		return false
	}
	for _, i := range t.rungs {
		if p.Renditions[i].Live {
			return true
		}
	}
	return false
}
