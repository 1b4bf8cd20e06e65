package transcode

import (
	"fmt"
	"math/big"
	"time"

	"runnel/models"
)

// Plan says what Run will make. It follows from the source and the profile,
// except for the order of work: Ahead and the renditions' Live.
type Plan struct {
	Kind       models.Kind
	Media      Media
	Renditions []models.Rendition // video lowest first, then sound
	Duration   time.Duration
	Parts      []Part // of the picture; sound is one part, number 0
	Profile    string
	Encoder    string // program and version that makes the bytes
	Tags       map[string]string

	// Ahead is the video rendition that is kept ahead of a viewer, because all of
	// them together may be too slow to watch meanwhile. Empty: all go together.
	Ahead string

	rate    *big.Rat // of the picture; nil for tracks
	segment *big.Rat // seconds
	steps   []step   // one for each video rendition, in the same order
	voices  []voice  // one for each audio rendition, in the same order
}

// Part is a piece of the film that is encoded in one go. All parts meet on
// segment borders.
type Part struct {
	Number       int
	FirstSegment int
	Segments     int
	FirstFrame   int64
	Frames       int64
}

// Plan decides what is made of a source.
func (t *Transcoder) Plan(m Media) (Plan, error) {
	p := Plan{
		Kind: m.Kind, Media: m, Profile: t.profile.Name, Encoder: t.encoder, Tags: m.Tags,
		Duration: m.Duration,
	}
	switch m.Kind {
	case models.KindVideo:
		t.planVideo(&p)
	case models.KindTrack:
		p.segment = t.profile.segmentSeconds(nil)
		t.profile.addVoices(&p, m.Audio[:1], t.profile.TrackAudio, trackRate(m.Audio[0]))
		if t.profile.Lossless {
			p.addLossless(m.Audio[0])
		}
	default:
		return Plan{}, fmt.Errorf("transcode: plan for kind %q: %w", m.Kind, models.ErrInvalid)
	}
	return p, nil
}

func (t *Transcoder) planVideo(p *Plan) {
	v, profile := p.Media.Video, t.profile
	p.rate = frameRate(v.Rate, profile.MaxRate)
	p.segment = profile.segmentSeconds(p.rate)
	p.steps = profile.ladder(v.Width, v.Height, p.rate)
	frames := max(roundUp(new(big.Rat).Mul(p.rate, secondsOf(p.Media.Duration))), 1)
	p.Duration = durationOf(new(big.Rat).Quo(new(big.Rat).SetInt64(frames), p.rate))
	p.Parts = profile.parts(frames, profile.segmentFrames(p.rate), t.cuttable(p))
	if len(p.steps) > 1 && p.cost(p.all()) > 1/liveSpeed {
		p.Ahead = p.steps[p.quick()].rendition(p.rate, p.segment).ID
	}
	for _, s := range p.steps {
		r := s.rendition(p.rate, p.segment)
		r.Live = p.Ahead == "" || p.Ahead == r.ID
		r.Duration = p.Duration
		p.Renditions = append(p.Renditions, r)
	}
	profile.addVoices(p, p.Media.Audio, profile.VideoAudio, profile.SampleRate)
}

// cuttable returns how many frames of a film may be cut into parts: none where
// seeking is unsure, and none after its last picture, where only sound goes on.
func (t *Transcoder) cuttable(p *Plan) int64 {
	if !p.Media.Seekable {
		return 0
	}
	return round(new(big.Rat).Mul(p.rate, secondsOf(max(p.Media.Video.Last, 0))))
}

// parts cuts a film into parts. The last one takes what would be too short for
// a part of its own, and what cannot be cut.
func (p Profile) parts(frames, perSegment, cuttable int64) []Part {
	segments := int((frames + perSegment - 1) / perSegment)
	var parts []Part
	for first := 0; first < segments; {
		size := p.partSize(first, segments-first)
		border := first + size
		if segments-border < 2 || int64(border+1)*perSegment > cuttable {
			size = segments - first
		}
		start := int64(first) * perSegment
		parts = append(parts, Part{
			Number: len(parts), FirstSegment: first, Segments: size,
			FirstFrame: start, Frames: min(int64(size)*perSegment, frames-start),
		})
		first += size
	}
	return parts
}

// video returns the renditions of the picture, lowest first.
func (p *Plan) video() []models.Rendition { return p.Renditions[:len(p.steps)] }

// audio returns the renditions of the sound.
func (p *Plan) audio() []models.Rendition { return p.Renditions[len(p.steps):] }

func secondsOf(d time.Duration) *big.Rat { return big.NewRat(int64(d), int64(time.Second)) }

func durationOf(seconds *big.Rat) time.Duration {
	return time.Duration(round(new(big.Rat).Mul(seconds, big.NewRat(int64(time.Second), 1))))
}
