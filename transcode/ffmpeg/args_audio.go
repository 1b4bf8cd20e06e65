package ffmpeg

import (
	"math/big"
	"strconv"

	graph "github.com/u2takey/ffmpeg-go"
)

// AudioJob is all the sound of a source in one pass.
type AudioJob struct {
	Input      string
	SampleRate int
	// Samples is the exact length: longer sound is cut, shorter sound filled up
	// with silence. Zero keeps the length that it has.
	Samples int64
	Segment *big.Rat // seconds
	Tracks  []AudioTrack
}

// AudioTrack is one sound stream of the source.
type AudioTrack struct {
	Stream   int  // index in the file
	Mono     bool // it has one channel, which goes to both sides at its full level
	Loudness bool // measure it; the report is logged at level info
	Outputs  []AudioOutput
}

// AudioOutput is one AAC-LC encoding of a track.
type AudioOutput struct {
	Dir      string
	BitRate  int // bits per second
	Channels int // 1 or 2
}

// AudioArgs returns the arguments that encode all tracks. Their first option
// sets the log level that the loudness report needs.
func AudioArgs(j AudioJob) ([]string, error) {
	args, err := build(func() *graph.Stream {
		in := input(j.Input, nil)
		var outs []*graph.Stream
		for _, t := range j.Tracks {
			outs = append(outs, trackOutputs(j, t, stream(in, t.Stream))...)
		}
		return graph.MergeOutputs(outs...)
	})
	if err != nil {
		return nil, err
	}
	return append([]string{"-v", "info"}, args...), nil
}

// trackOutputs puts the sound on the common timeline: silence where it starts
// late or has holes, and to the end where it is short.
func trackOutputs(j AudioJob, t AudioTrack, s *graph.Stream) []*graph.Stream {
	s = s.Filter("aresample", graph.Args{strconv.Itoa(j.SampleRate), "async=1", "first_pts=0"})
	if t.Mono {
		s = s.Filter("pan", graph.Args{"stereo|c0=c0|c1=c0"})
	}
	if j.Samples > 0 {
		n := strconv.FormatInt(j.Samples, 10)
		s = s.Filter("apad", graph.Args{"whole_len=" + n})
		s = s.Filter("atrim", graph.Args{"end_sample=" + n})
	}
	n := len(t.Outputs)
	if t.Loudness {
		n++
	}
	taps := afan(s, n)
	var outs []*graph.Stream
	for i, o := range t.Outputs {
		outs = append(outs, encodeAudio(j, o, taps[i]))
	}
	if t.Loudness {
		measured := taps[n-1].Filter("ebur128", graph.Args{"peak=true", "framelog=verbose"})
		outs = append(outs, graph.Output([]*graph.Stream{measured}, "-", graph.KwArgs{"format": "null"}))
	}
	return outs
}

func encodeAudio(j AudioJob, o AudioOutput, s *graph.Stream) *graph.Stream {
	layout := "stereo"
	if o.Channels == 1 {
		layout = "mono"
	}
	s = s.Filter("aformat", graph.Args{"channel_layouts=" + layout})
	options := hlsOutput(o.Dir, j.Segment, 0)
	for name, value := range (graph.KwArgs{
		"c:a":     "aac",
		"b:a":     o.BitRate,
		"ar":      j.SampleRate,
		"flags:a": "+bitexact",
	}) {
		options[name] = value
	}
	return graph.Output([]*graph.Stream{s}, o.Dir+"/"+playlistFile, options)
}
