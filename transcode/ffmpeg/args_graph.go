package ffmpeg

import (
	"fmt"
	"math/big"
	"strconv"

	graph "github.com/u2takey/ffmpeg-go"

	"runnel/models"
)

// build runs a builder over the graph library, which panics on misuse, and
// turns such a panic into an error.
func build(f func() *graph.Stream) (args []string, err error) {
	defer func() {
		if r := recover(); r != nil {
			args, err = nil, fmt.Errorf("ffmpeg: arguments: %v: %w", r, models.ErrInvalid)
		}
	}()
	return f().GetArgs(), nil
}

// input opens path with the options that every input must carry and the
// caller's own.
func input(path string, own graph.KwArgs) *graph.Stream {
	kwargs := graph.KwArgs{}
	for name, value := range InputOptions() {
		kwargs[name] = value
	}
	return graph.Input(InputURL(path), kwargs, own)
}

// stream selects a stream of an input by its index in the file.
func stream(in *graph.Stream, index int) *graph.Stream {
	return in.Get(strconv.Itoa(index))
}

// fan returns n streams with the same content: the graph allows one reader of
// each.
func fan(s *graph.Stream, n int) []*graph.Stream {
	if n <= 1 {
		return []*graph.Stream{s}
	}
	split, out := s.Split(), make([]*graph.Stream, n)
	for i := range out {
		out[i] = split.Get(strconv.Itoa(i))
	}
	return out
}

// afan is fan for sound.
func afan(s *graph.Stream, n int) []*graph.Stream {
	if n <= 1 {
		return []*graph.Stream{s}
	}
	split, out := s.ASplit(), make([]*graph.Stream, n)
	for i := range out {
		out[i] = split.Get(strconv.Itoa(i))
	}
	return out
}

// decimal writes a time as ffmpeg reads it, in whole microseconds. Segment and
// part borders of all standard frame rates are whole milliseconds.
func decimal(r *big.Rat) string { return r.FloatString(6) }

// frameTime returns the time of frame n at a rate in frames per second.
func frameTime(n int64, rate *big.Rat) *big.Rat {
	return new(big.Rat).Quo(new(big.Rat).SetInt64(n), rate)
}

// hlsOutput are the options of a segmented CMAF output in folder dir: no
// metadata, no dates, and files that appear under their final name only when
// they are closed (temp_file). Timestamps below zero, those of the B-frame
// delay and of the AAC priming, stay: an edit list in the init segment takes
// them away, so that the presentation starts at exactly zero.
func hlsOutput(dir string, segment *big.Rat, firstSegment int) graph.KwArgs {
	return graph.KwArgs{
		"format":                 "hls",
		"map_metadata":           "-1",
		"map_chapters":           "-1",
		"fflags":                 "+bitexact",
		"avoid_negative_ts":      "disabled",
		"hls_time":               decimal(segment),
		"hls_segment_type":       "fmp4",
		"hls_list_size":          2,
		"hls_flags":              "temp_file",
		"start_number":           firstSegment,
		"hls_fmp4_init_filename": InitFile,
		"hls_segment_filename":   dir + "/" + segmentPattern,
	}
}

// Names of the files of a segmented output, inside its folder.
const (
	InitFile       = "init.mp4"
	segmentPattern = "%05d.m4s"
	playlistFile   = "ffmpeg.m3u8"
)

// SegmentFile returns the name of a segment's file.
func SegmentFile(number int) string { return fmt.Sprintf(segmentPattern, number) }
