package transcode

import (
	"math/big"
)

// What a film costs one core, measured with the standard profile. They only
// decide the order of work; a wrong guess costs waiting time, never bytes.
const (
	decodeCost = 3.5e-9 // seconds for each pixel of the source
	scaleCost  = 0.8e-9 // seconds for each pixel of the source and rung that is scaled from it
	encodeCost = 13e-9  // seconds for each pixel of a rung
	startCost  = 0.3    // seconds for each run of ffmpeg
)

// liveSpeed is how many times real time one core must be predicted to make the
// whole ladder for all rungs to go together. One core, because each part is
// made by one: the others work on the parts after it.
const liveSpeed = 1.4

// cost predicts the seconds that one core needs for a second of film.
func (p *Plan) cost(rungs []int) float64 {
	rate, _ := p.rate.Float64()
	source := float64(p.Media.Video.Pixels)
	perFrame := source * decodeCost
	for _, i := range rungs {
		perFrame += float64(p.steps[i].Width*p.steps[i].Height) * encodeCost
		if p.steps[i].Direct {
			perFrame += source * scaleCost
		}
	}
	return perFrame * rate
}

// all returns the indices of all rungs.
func (p *Plan) all() []int {
	all := make([]int, len(p.steps))
	for i := range all {
		all[i] = i
	}
	return all
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
