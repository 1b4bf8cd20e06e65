package transcode

import (
	"math/big"
	"slices"
)

// What a film costs, in nanoseconds of one core per pixel, measured with the
// standard profile. They only decide the order of work; a wrong guess costs
// waiting time, never bytes.
const (
	decodeCost = 4  // of the source's pixels
	encodeCost = 15 // of a rung's pixels
)

// liveSpeed is how many times real time one core must be predicted to make the
// whole ladder for all rungs to go together. One core, because each part is
// made by one: the others work on the parts after it.
const liveSpeed = 1.25

// speed predicts how many times real time one core makes all rungs.
func (p *Plan) speed() float64 {
	rate, _ := p.rate.Float64()
	perSecond := float64(p.Media.Video.Pixels) * decodeCost
	for _, s := range p.steps {
		perSecond += float64(s.Width*s.Height) * encodeCost
	}
	return 1e9 / (perSecond * rate)
}

// quick returns the rung that is made first: the highest of those up to 480
// that is scaled directly, else the highest of those, else the lowest.
func (p *Plan) quick() int {
	best := 0
	for i, s := range p.steps {
		if s.Size <= 480 && (s.Direct || !p.steps[best].Direct) {
			best = i
		}
	}
	return best
}

// task is one run of ffmpeg over the picture: a part, and which rungs of it.
type task struct {
	part  Part
	rungs []int // indices of Plan.steps
}

// tasks lists the runs in their order, without what is done, for some workers.
func (p *Plan) tasks(done Done, workers int) []task {
	quick, all := p.quick(), make([]int, len(p.steps))
	for i := range all {
		all[i] = i
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return i == quick })
	var tasks []task
	add := func(part Part, rungs []int) {
		left := slices.DeleteFunc(slices.Clone(rungs), func(i int) bool { return done(p.Renditions[i].ID, part.Number) })
		if len(left) > 0 {
			tasks = append(tasks, task{part: part, rungs: left})
		}
	}
	if p.Ahead != "" {
		quick = p.rendition(p.Ahead)
		rest = slices.DeleteFunc(slices.Clone(all), func(i int) bool { return i == quick })
		for _, part := range p.Parts {
			add(part, []int{quick})
		}
	}
	for n, part := range p.Parts {
		rungs := rest
		if p.Ahead == "" && n > 0 {
			rungs = all
		} else if p.Ahead == "" {
			add(part, []int{quick}) // alone, so that the first segment is there soon
		}
		for _, group := range split(rungs, workers > 1 && len(p.Parts)-n <= workers) {
			add(part, group)
		}
	}
	return tasks
}

// split divides rungs in two of about equal cost, the highest and the others,
// if wanted: towards the end of a film, where there are fewer parts left than
// workers. It costs decoding twice.
func split(rungs []int, wanted bool) [][]int {
	if !wanted || len(rungs) < 2 {
		return [][]int{rungs}
	}
	return [][]int{rungs[len(rungs)-1:], rungs[:len(rungs)-1]}
}

// weight is the cost of one rung over some frames, for the progress shown.
func (p *Plan) weight(rung int, frames int64) float64 {
	s := p.steps[rung]
	return float64(s.Width*s.Height) * float64(frames)
}

// soundWeight is the cost of the sound, about that of a 90p picture for each
// rendition.
func (p *Plan) soundWeight() float64 {
	if len(p.voices) == 0 {
		return 0
	}
	seconds, _ := secondsOf(p.Duration).Float64()
	return float64(len(p.voices)) * seconds * 160 * 90 * 24
}

func (p *Plan) totalWeight() float64 {
	total := p.soundWeight()
	for i := range p.steps {
		for _, part := range p.Parts {
			total += p.weight(i, part.Frames)
		}
	}
	return total
}

// samples returns the exact number of audio samples that fill the film; 0 for a
// track, which keeps its own length.
func (p *Plan) samples(rate int) int64 {
	if p.Media.Video == nil {
		return 0
	}
	var frames int64
	for _, part := range p.Parts {
		frames += part.Frames
	}
	seconds := new(big.Rat).Quo(new(big.Rat).SetInt64(frames), p.rate)
	return round(new(big.Rat).Mul(seconds, big.NewRat(int64(rate), 1)))
}
