package transcode

import (
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"

	"runnel/transcode/ffmpeg"
)

// The pictures of a likeness are at moments inside segments, so the segments of
// the lowest rung that have one are kept as they go by: eight at most, of some
// hundred kilobytes.

// glimpses returns which frames of the film a likeness is made of, each once and
// in order.
func (p *Plan) glimpses() []int64 {
	if p.Media.Video == nil {
		return nil
	}
	last := p.Parts[len(p.Parts)-1]
	var frames []int64
	for _, at := range moments(p.Media.Video.End, p.Media.Seekable) {
		n := new(big.Rat).Mul(at, p.rate)
		frame := new(big.Int).Quo(n.Num(), n.Denom()).Int64()
		if !n.IsInt() {
			frame++ // the first that begins not before it
		}
		frames = append(frames, min(frame, last.FirstFrame+last.Frames-1))
	}
	return slices.Compact(frames)
}

// perSegment is the number of frames in every segment but the last.
func (p *Plan) perSegment() int64 {
	return round(new(big.Rat).Mul(p.segment, p.rate))
}

// glimpsed returns the segments that hold glimpses, in order.
func (p *Plan) glimpsed(frames []int64) (segments []int) {
	for _, frame := range frames {
		segments = append(segments, int(frame/p.perSegment()))
	}
	return slices.Compact(segments)
}

func (j *job) momentsDir() string { return filepath.Join(j.dir, "moments") }

func (j *job) momentPath(number int) string {
	return filepath.Join(j.momentsDir(), ffmpeg.SegmentFile(number))
}

// keepMoment keeps a segment that is about to go, if a glimpse is in it.
func (j *job) keepMoment(o *output, path string) error {
	if len(j.plan.steps) == 0 || o.id != j.plan.Renditions[0].ID || !slices.Contains(j.plan.glimpsed(j.plan.glimpses()), o.next) {
		return nil
	}
	if err := os.MkdirAll(j.momentsDir(), 0o700); err != nil {
		return err
	}
	for from, to := range map[string]string{
		filepath.Join(o.dir, ffmpeg.InitFile): filepath.Join(j.momentsDir(), ffmpeg.InitFile), path: j.momentPath(o.next),
	} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = replace(to, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// momentsThere reports whether the segments of a part that a likeness needs are
// there. A crash may have lost some; then the part is made again.
func (j *job) momentsThere(p Part) bool {
	for _, n := range j.plan.glimpsed(j.plan.glimpses()) {
		if n < p.FirstSegment || n >= p.FirstSegment+p.Segments {
			continue
		}
		for _, path := range []string{filepath.Join(j.momentsDir(), ffmpeg.InitFile), j.momentPath(n)} {
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				return false
			}
		}
	}
	return true
}

// momentsFilm writes a film of the segments that hold glimpses, and returns which
// of its frames those are. Between segments its clock jumps.
func (j *job) momentsFilm(path string, frames []int64) (taken []int64, err error) {
	film, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, film.Close()) }()
	segments := j.plan.glimpsed(frames)
	parts := []string{filepath.Join(j.momentsDir(), ffmpeg.InitFile)}
	for _, n := range segments {
		parts = append(parts, j.momentPath(n))
	}
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err == nil {
			_, err = film.Write(data)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, frame := range frames {
		before := slices.Index(segments, int(frame/j.plan.perSegment()))
		taken = append(taken, int64(before)*j.plan.perSegment()+frame%j.plan.perSegment())
	}
	return taken, nil
}
