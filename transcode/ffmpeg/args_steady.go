package ffmpeg

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	graph "github.com/u2takey/ffmpeg-go"
)

// SteadyJob brings sound streams to one rate and one layout each, from their
// first sample to the last, and keeps their times.
type SteadyJob struct {
	Input   string
	File    string // Matroska, below the working folder
	Streams []SteadyStream
}

// SteadyStream is one of them; in the new file they are counted from zero.
type SteadyStream struct {
	Stream     int // index in the file
	SampleRate int
	Channels   int // 2 or 6
}

// SoundChanges reports whether a run of AudioArgs failed because rate or
// channels of a stream change on the way.
func SoundChanges(err error) bool {
	var run *RunError
	return errors.As(err, &run) && run.Cause == CauseExit && strings.Contains(run.Stderr, changedSound)
}

// SteadyArgs returns the arguments of a SteadyJob. The streams have a filter
// graph each, which ffmpeg makes anew at every change.
func SteadyArgs(j SteadyJob) ([]string, error) {
	return build(func() *graph.Stream {
		in := input(j.Input, nil)
		options := graph.KwArgs{
			"format": "matroska", "c:a": "flac", "map_metadata": "-1", "map_chapters": "-1", "fflags": "+bitexact", "flags:a": "+bitexact",
		}
		var maps []*graph.Stream
		for n, s := range j.Streams {
			layout := "stereo"
			if s.Channels > 2 {
				layout = "5.1"
			}
			maps = append(maps, stream(in, s.Stream))
			options[fmt.Sprintf("filter:a:%d", n)] = fmt.Sprintf("aresample=%d,aformat=sample_fmts=s32:channel_layouts=%s", s.SampleRate, layout)
		}
		return graph.Output(maps, j.File, options)
	})
}

// SteadySize is how large the file of some streams can become, in bytes: FLAC
// stores noise as it is.
func SteadySize(streams []SteadyStream, seconds *big.Rat) int64 {
	total := new(big.Rat)
	for _, s := range streams {
		perSecond := big.NewRat(int64(s.SampleRate)*int64(s.Channels)*3, 1)
		total.Add(total, perSecond.Mul(perSecond, seconds))
	}
	bytes, _ := total.Float64()
	return int64(bytes*1.05) + 1<<20
}
