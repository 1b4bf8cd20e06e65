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

// list lists what is left of each part, the last ones split into pieces.
func (p *Plan) list(left func(part int) []int, last, pieces int) []task {
	var tasks []task
	for n, part := range p.Parts {
		rungs := left(n)
		if len(rungs) == 0 {
			continue
		}
		if n < len(p.Parts)-last {
			tasks = append(tasks, task{part: part, rungs: rungs})
			continue
		}
		for _, piece := range split(rungs, pieces) {
			tasks = append(tasks, task{part: part, rungs: piece})
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

// makespan predicts after how many seconds cores are through that take one run
// after the other, once each is no longer busy.
func (p *Plan) makespan(tasks []task, busy []float64) float64 {
	free := slices.Clone(busy)
	for _, t := range tasks {
		first := 0
		for i := range free {
			if free[i] < free[first] {
				first = i
			}
		}
		free[first] += p.seconds(t.part, t.rungs)
	}
	return slices.Max(free)
}

// seconds predicts how long a run takes on one core.
func (p *Plan) seconds(part Part, rungs []int) float64 {
	film, _ := frameSpan(part.Frames, p.rate).Float64()
	return startCost + film*p.cost(rungs)
}

// starts returns where in the film a part starts, in seconds; for the number of
// parts, the film's end.
func (p *Plan) starts(part int) float64 {
	frame := p.Parts[len(p.Parts)-1].FirstFrame + p.Parts[len(p.Parts)-1].Frames
	if part < len(p.Parts) {
		frame = p.Parts[part].FirstFrame
	}
	seconds, _ := frameSpan(frame, p.rate).Float64()
	return seconds
}
