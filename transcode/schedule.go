package transcode

import "slices"

// task is one run of ffmpeg over the picture: a part, and which rungs of it.
type task struct {
	part  Part
	rungs []int // indices of Plan.steps
}

// soonCost is how long, in seconds, the first segment of all rungs together may
// take for no rung to be made alone first.
const soonCost = 1.5

// tasks lists the runs in their order, without what is done, so that some
// workers are through as early as can be predicted. Splitting a part decodes it
// twice; towards the end, and on a machine with many cores, that is less bad
// than having nothing to do.
func (p *Plan) tasks(done Done, workers int) []task {
	best := p.list(done, 0, 1)
	shortest := p.makespan(best, workers)
	for last := 1; last <= min(len(p.Parts), workers+1); last++ {
		for _, pieces := range []int{2, len(p.steps)} {
			list := p.list(done, last, pieces)
			if span := p.makespan(list, workers); span < shortest*0.97 {
				best, shortest = list, span
			}
		}
	}
	return best
}

// list lists the runs with the last parts split into pieces.
func (p *Plan) list(done Done, last, pieces int) []task {
	var tasks []task
	add := func(part Part, rungs []int) {
		left := slices.DeleteFunc(slices.Clone(rungs), func(i int) bool { return done(p.Renditions[i].ID, part.Number) })
		if len(left) > 0 {
			tasks = append(tasks, task{part: part, rungs: left})
		}
	}
	quick := p.quick()
	rest := slices.DeleteFunc(p.all(), func(i int) bool { return i == quick })
	if p.Ahead != "" {
		for _, part := range p.Parts {
			add(part, []int{quick})
		}
	}
	for n, part := range p.Parts {
		rungs := rest
		if p.Ahead == "" && (n > 0 || p.soon()) {
			rungs = p.all()
		} else if p.Ahead == "" {
			add(part, []int{quick})
		}
		if n < len(p.Parts)-last {
			add(part, rungs)
			continue
		}
		for _, piece := range split(rungs, pieces) {
			add(part, piece)
		}
	}
	return tasks
}

// soon reports whether the first segment need not be hurried.
func (p *Plan) soon() bool {
	seconds, _ := p.segment.Float64()
	return len(p.steps) < 2 || seconds*p.cost(p.all()) <= soonCost
}

// split divides rungs, the most expensive first: each alone, the last piece
// with all that are left.
func split(rungs []int, pieces int) [][]int {
	var out [][]int
	for len(out) < pieces-1 && len(rungs) > 1 {
		out = append(out, rungs[len(rungs)-1:])
		rungs = rungs[:len(rungs)-1]
	}
	return append(out, rungs)
}

// makespan predicts how many seconds workers need that take one run after the
// other.
func (p *Plan) makespan(tasks []task, workers int) float64 {
	free := make([]float64, max(workers, 1))
	for _, t := range tasks {
		first := 0
		for i := range free {
			if free[i] < free[first] {
				first = i
			}
		}
		seconds, _ := frameSpan(t.part.Frames, p.rate).Float64()
		free[first] += startCost + seconds*p.cost(t.rungs)
	}
	return slices.Max(free)
}
