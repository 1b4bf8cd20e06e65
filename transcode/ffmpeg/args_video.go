package ffmpeg

import (
	"fmt"
	"math/big"
	"strconv"

	graph "github.com/u2takey/ffmpeg-go"
)

// VideoJob is one part of a film's picture, decoded once for several rungs.
// Everything is counted in frames of the output's rate, from the start of the
// source's timeline, so that parts meet without gap or overlap.
type VideoJob struct {
	Input  string
	Stream int // index in the file
	Width  int // as decoded, after rotation
	Height int

	Rate   *big.Rat // frames per second of every rung
	First  int64    // first frame of the part
	Frames int64    // how many
	// Margin is how many frames before First the decoder starts at the latest,
	// so that the picture shown at First is right when it began earlier.
	Margin int64

	Colour        Colour
	Deinterlace   bool
	DecodeThreads int
	Preset        string
	GOP           int64 // frames
	Segment       int64 // frames
	FirstSegment  int   // number of the part's first segment
	Rungs         []VideoRung
}

// VideoRung is one size of the picture. The rungs of a job stand highest first.
type VideoRung struct {
	Dir           string // where its files go, below the working folder
	Width, Height int
	CRF           string
	MaxRate       int // bits per second
	BufSize       int // bits
	// Direct scales from the source; the others scale from the next higher one,
	// which costs less. It belongs to the rung, because it changes its bytes.
	Direct bool
	// Skip leaves the rung out and keeps it as a step for those below.
	Skip bool
}

// VideoArgs returns the arguments that encode a part into closed GOPs of fixed
// length in CMAF segments. Init segments of all parts of a rung are identical.
func VideoArgs(j VideoJob) ([]string, error) {
	return build(func() *graph.Stream {
		outs := rungOutputs(j, picture(j))
		if len(outs) == 0 {
			panic("no rung to encode")
		}
		return graph.MergeOutputs(outs...)
	})
}

// picture decodes the part and brings it onto the output's frame grid: exactly
// j.Frames frames, whatever the source has.
//
// Seeking lands on a key frame at or before the wanted time; fps with
// start_time keeps of everything before it only the last frame. Past the end
// of the source its last frame stands.
func picture(j VideoJob) *graph.Stream {
	margin := min(j.Margin, j.First)
	options := graph.KwArgs{"threads": j.DecodeThreads, "reinit_filter": 0}
	if j.First > margin {
		options["noaccurate_seek"] = ""
		options["ss"] = decimal(frameTime(j.First-margin, j.Rate))
	}
	s := stream(input(j.Input, options), j.Stream)
	if j.Deinterlace || j.Colour.Alpha {
		// What follows reads beyond pictures that are smaller than the first one.
		s = s.Filter("scale", graph.Args{fmt.Sprintf("%d:%d", j.Width, j.Height)})
	}
	if j.Deinterlace {
		s = s.Filter("yadif", graph.Args{"deint=interlaced"})
	}
	s = s.Filter("fps", graph.Args{"fps=" + j.Rate.RatString(), "start_time=" + decimal(frameTime(margin, j.Rate))})
	s = s.Filter("setpts", graph.Args{fmt.Sprintf("PTS-%d", margin)})
	s = s.Filter("tpad", graph.Args{"stop=-1", "stop_mode=clone"})
	return j.Colour.opaque(s.Filter("trim", graph.Args{"end_frame=" + strconv.FormatInt(j.Frames, 10)}))
}

// rungOutputs scales s and encodes what is not skipped.
func rungOutputs(j VideoJob, s *graph.Stream) []*graph.Stream {
	direct, steps := splitRungs(j.Rungs)
	taps := len(direct)
	if len(steps) > 0 {
		taps++
	}
	sources := fan(s, max(taps, 1))
	var outs []*graph.Stream
	for i, r := range direct {
		outs = append(outs, encode(j, r, scale(sources[i], r, j.Colour)))
	}
	if len(steps) > 0 {
		outs = append(outs, cascade(j, steps, sources[len(direct)])...)
	}
	return outs
}

// splitRungs returns the rungs to encode straight from the source, and those of
// the cascade down to the lowest that is encoded.
func splitRungs(rungs []VideoRung) (direct, steps []VideoRung) {
	last := 0
	for _, r := range rungs {
		if r.Direct && !r.Skip {
			direct = append(direct, r)
		}
		if !r.Direct {
			steps = append(steps, r)
			if !r.Skip {
				last = len(steps)
			}
		}
	}
	return direct, steps[:last]
}

func cascade(j VideoJob, steps []VideoRung, s *graph.Stream) []*graph.Stream {
	var outs []*graph.Stream
	colour := j.Colour
	for i, r := range steps {
		s = scale(s, r, colour)
		colour = Colour{} // the next one scales what is made already
		if i == len(steps)-1 {
			return append(outs, encode(j, r, s))
		}
		if !r.Skip {
			two := fan(s, 2)
			outs = append(outs, encode(j, r, two[0]))
			s = two[1]
		}
	}
	return outs
}

func scale(s *graph.Stream, r VideoRung, c Colour) *graph.Stream {
	s = c.scaled(s, fmt.Sprintf("%d:%d", r.Width, r.Height))
	s = s.Filter("format", graph.Args{"yuv420p"})
	return s.Filter("setsar", graph.Args{"1"})
}

func encode(j VideoJob, r VideoRung, s *graph.Stream) *graph.Stream {
	options := hlsOutput(r.Dir, frameTime(j.Segment, j.Rate), j.FirstSegment)
	for name, value := range (graph.KwArgs{
		"c:v":       "libx264",
		"preset":    j.Preset,
		"profile:v": "high",
		"crf":       r.CRF,
		"maxrate":   r.MaxRate,
		"bufsize":   r.BufSize,
		// With more than one thread, by frame or by slice, x264 spends a capped
		// rate by how far the others happen to be: other bytes in every run.
		"threads":      1,
		"g":            strconv.FormatInt(j.GOP, 10),
		"keyint_min":   strconv.FormatInt(j.GOP, 10),
		"sc_threshold": 0,
		"flags:v":      "+cgop+bitexact",
		"fps_mode":     "passthrough",

		"output_ts_offset": decimal(frameTime(j.First, j.Rate)),
		// frag_discont: the part does not start at zero, and says so in its tfdt.
		"hls_segment_options": fmt.Sprintf("movflags=+frag_discont:fragment_index=%d", j.FirstSegment+1),
	}) {
		options[name] = value
	}
	return graph.Output([]*graph.Stream{s}, r.Dir+"/"+playlistFile, options)
}
