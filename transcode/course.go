package transcode

import (
	"slices"
	"sync"
)

// safety is how many times longer than predicted a run may take for a viewer not
// to notice.
const safety = 1.25

// course is the order of work while it goes on: each time a core is free, what
// is begun next follows from what was begun, from how long runs took, and from
// where a viewer may be who began as early as possible. Times are seconds since
// the work began. It is safe for concurrent use.
//
// Where all rungs together are too slow to watch, one is made alone, but of no
// more parts than a viewer needs it: each of those is decoded twice.
type course struct {
	plan    *Plan
	workers int

	mu      sync.Mutex
	begun   map[piece]bool // or done before
	running map[*task]float64
	paces   []float64 // of the latest runs: their time as a multiple of what was predicted
	from    float64   // what of the film an earlier attempt left to watch
	opened  float64   // when a viewer may begin with what this attempt makes
}

// piece is one rung of one part.
type piece struct{ rung, part int }

// pacesKept is how many runs a prediction looks back.
const pacesKept = 3

func newCourse(p *Plan, done Done, workers int) *course {
	c := &course{plan: p, workers: max(workers, 1), begun: map[piece]bool{}, running: map[*task]float64{}}
	for _, part := range p.Parts {
		for i := range p.steps {
			c.begun[piece{i, part.Number}] = done(p.Renditions[i].ID, part.Number)
		}
	}
	if next, _ := c.frontier(); next < len(p.Parts) {
		c.from = p.starts(next)
	}
	return c
}

// next returns what a free core begins, or nil when all is begun.
func (c *course) next(now float64) *task {
	c.mu.Lock()
	defer c.mu.Unlock()
	part, rungs := c.choose(now)
	if len(rungs) == 0 {
		return nil
	}
	t := &task{part: c.plan.Parts[part], rungs: c.cut(part, rungs, now)}
	for _, i := range t.rungs {
		c.begun[piece{i, part}] = true
	}
	c.running[t] = now
	return t
}

// opening reports whether the next run makes a part of the opening.
func (c *course) opening() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	part, rungs := c.choose(0)
	return len(rungs) > 0 && c.plan.begins(task{part: c.plan.Parts[part], rungs: rungs})
}

// opens notes that a viewer may begin, and how long that took.
func (c *course) opens(now float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opened > 0 {
		return
	}
	c.opened = now
	for t := range c.running {
		segment, _ := c.plan.segment.Float64()
		c.paces = append(c.paces, now/(startCost+segment*c.plan.cost(t.rungs)))
	}
}

// ended notes that a run is over and its core free.
func (c *course) ended(t *task, now float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pace := (now - c.running[t]) / c.plan.seconds(t.part, t.rungs)
	c.paces = append(c.paces[max(len(c.paces)-pacesKept+1, 0):], pace)
	delete(c.running, t)
}

// choose returns a part and the rungs of it that are to be begun. A part whose
// quick rung was made alone is completed when that delays nobody, at the latest
// when as many parts wait to be handed over after it as there are cores.
func (c *course) choose(now float64) (part int, rungs []int) {
	quick := []int{c.plan.quick()}
	next, waits := c.frontier()
	if next == len(c.plan.Parts) {
		return waits, c.left(waits)
	}
	if waits < next {
		free := c.free(now, now+c.seconds(waits, c.left(waits)))
		if c.keepsUp(free, next, c.left(next)) || next-waits > c.workers && c.keepsUp(free, next, quick) {
			return waits, c.left(waits)
		}
	}
	if next == 0 && !c.plan.soon() || !c.keepsUp(now, next, c.left(next)) {
		return next, quick
	}
	return next, c.left(next)
}

// frontier returns the first part whose quick rung is not begun, and the first
// of which any rung is not; the number of parts where there is none.
func (c *course) frontier() (next, waits int) {
	quick := c.plan.quick()
	for next < len(c.plan.Parts) && c.begun[piece{quick, next}] {
		next++
	}
	for waits < len(c.plan.Parts) && len(c.left(waits)) == 0 {
		waits++
	}
	return next, waits
}

// left returns the rungs of a part that are not begun.
func (c *course) left(part int) []int {
	if part == len(c.plan.Parts) {
		return nil
	}
	return slices.DeleteFunc(c.plan.all(), func(i int) bool { return c.begun[piece{i, part}] })
}

// keepsUp predicts whether a viewer can go on if rungs of a part are begun at a
// time: with its first segment and its last, and with the next part's first,
// which must wait for a free core.
func (c *course) keepsUp(at float64, part int, rungs []int) bool {
	p := c.plan
	if p.Ahead == "" {
		return true
	}
	segment, _ := p.segment.Float64()
	start, end := c.wanted(part), c.wanted(part+1)
	last := at + c.seconds(part, rungs)
	if at+c.first(rungs) > start || last > end-segment {
		return false
	}
	return part+1 == len(p.Parts) || c.free(at, last)+c.first([]int{p.quick()}) <= end
}

// wanted is when a viewer comes to the beginning of a part; one who watches
// what an earlier attempt made may be at its end already.
func (c *course) wanted(part int) float64 { return c.opened + c.plan.starts(part) - c.from }

// first is how long the first segment of rungs takes, at the worst.
func (c *course) first(rungs []int) float64 {
	segment, _ := c.plan.segment.Float64()
	return (startCost + segment*c.plan.cost(rungs)) * c.pace() * safety
}

// seconds is how long a run takes, at the worst.
func (c *course) seconds(part int, rungs []int) float64 {
	return c.plan.seconds(c.plan.Parts[part], rungs) * c.pace() * safety
}

// pace is how many times longer than predicted the slowest of the latest runs
// took. Faster ones count as predicted: they may have had other cores' share.
func (c *course) pace() float64 { return slices.Max(append(c.paces, 1)) }

// free is when a core is free if one more is busy until a time.
func (c *course) free(now, until float64) float64 {
	if len(c.running)+1 < c.workers {
		return now
	}
	for t, begun := range c.running {
		until = min(until, max(now, begun+c.seconds(t.part.Number, t.rungs)))
	}
	return until
}

// cut returns what of rungs is to be made by one run, so that all cores are
// through as early as can be predicted. Splitting a part decodes it twice; at
// the end, and on a machine with many cores, that is less bad than having
// nothing to do.
func (c *course) cut(part int, rungs []int, now float64) []int {
	p, busy := c.plan, c.busy(now)
	left := func(last, pieces int) float64 { return p.makespan(p.list(c.left, last, pieces), busy) }
	number, shortest := 1, left(0, 1)
	for last := 1; last <= min(len(p.Parts), c.workers+1); last++ {
		for _, pieces := range []int{2, len(p.steps)} {
			if span := left(last, pieces); span < shortest*0.97 {
				shortest = span
				if number = pieces; part < len(p.Parts)-last {
					number = 1
				}
			}
		}
	}
	pieces := split(rungs, number)
	if i := slices.IndexFunc(pieces, func(some []int) bool { return slices.Contains(some, p.quick()) }); i >= 0 {
		return pieces[i]
	}
	return pieces[0]
}

// busy is how long each core is busy from now on, in seconds as plans predict.
func (c *course) busy(now float64) []float64 {
	pace := 1.0
	if len(c.paces) > 0 {
		pace = c.paces[len(c.paces)-1]
	}
	busy := make([]float64, 0, c.workers)
	for t, begun := range c.running {
		busy = append(busy, max(c.plan.seconds(t.part, t.rungs)-(now-begun)/pace, 0))
	}
	for len(busy) < c.workers {
		busy = append(busy, 0)
	}
	return busy
}
