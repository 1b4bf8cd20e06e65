package ffmpeg

import (
	"math/big"
	"strconv"

	graph "github.com/u2takey/ffmpeg-go"
)

// AudioJob is all the sound of a source in one pass.
type AudioJob struct {
	Input   string
	Segment *big.Rat // seconds
	Tracks  []AudioTrack
}

// AudioTrack is one sound stream of the source at one sample rate.
type AudioTrack struct {
	Stream     int // index in the file
	Channels   int // that it has
	SampleRate int // of all outputs
	// Samples is the exact length: longer sound is cut, shorter sound filled up
	// with silence. Zero keeps the length that it has.
	Samples  int64
	Loudness bool // measure what stereo listeners hear; the report is logged at level info
	Outputs  []AudioOutput
}

// AudioOutput is one encoding of a track.
type AudioOutput struct {
	Dir      string
	Codec    AudioCodec
	BitRate  int // bits per second; AAC only
	Channels int // 2 or 6; for FLAC those of the track
	Bits     int // of a sample, 16 or 24; FLAC only
}

// AudioCodec names an encoder, as it stands in the names of renditions.
type AudioCodec string

// The codecs of sound: AAC-LC and FLAC, both in MP4.
const (
	AAC  AudioCodec = "aac"
	FLAC AudioCodec = "flac"
)

// Frame is the number of samples in every frame but the last.
func (c AudioCodec) Frame() int {
	if c == FLAC {
		return 4096
	}
	return 1024
}

// changedSound is how ffmpeg complains about sound whose rate or channels change
// on the way, which its filters do not take.
const changedSound = "Changing audio frame properties on the fly is not supported"

// AudioArgs returns the arguments that encode all tracks. Their first option
// sets the log level that the loudness report needs.
//
// Where rate or channels change in mid-stream the run fails (SoundChanges),
// since ffmpeg would else begin again, with the whole length that was asked for.
func AudioArgs(j AudioJob) ([]string, error) {
	args, err := build(func() *graph.Stream {
		in := input(j.Input, graph.KwArgs{"reinit_filter": 0})
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
	s = s.Filter("aresample", graph.Args{strconv.Itoa(t.SampleRate), "async=1", "first_pts=0"})
	if t.Samples > 0 {
		n := strconv.FormatInt(t.Samples, 10)
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
		outs = append(outs, encodeAudio(j, t, o, taps[i]))
	}
	if t.Loudness {
		measured := mix(taps[n-1], t.Channels, 2).Filter("ebur128", graph.Args{"peak=true", "framelog=verbose"})
		outs = append(outs, graph.Output([]*graph.Stream{measured}, "-", graph.KwArgs{"format": "null"}))
	}
	return outs
}

func encodeAudio(j AudioJob, t AudioTrack, o AudioOutput, s *graph.Stream) *graph.Stream {
	options := hlsOutput(o.Dir, j.Segment, 0)
	set := func(more graph.KwArgs) {
		for name, value := range more {
			options[name] = value
		}
	}
	set(graph.KwArgs{"c:a": string(o.Codec), "ar": t.SampleRate, "flags:a": "+bitexact"})
	if o.Codec == FLAC {
		format := "s32" // which the encoder takes for 24 bits
		if o.Bits <= 16 {
			format = "s16"
		}
		s = s.Filter("aformat", graph.Args{"sample_fmts=" + format})
		set(graph.KwArgs{"frame_size": o.Codec.Frame(), "strict": "experimental"}) // in MP4: this ffmpeg still calls it that
	} else {
		s = mix(s, t.Channels, o.Channels)
		set(graph.KwArgs{"b:a": o.BitRate})
	}
	return graph.Output([]*graph.Stream{s}, o.Dir+"/"+playlistFile, options)
}
