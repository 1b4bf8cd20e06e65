package ffmpeg

import (
	"fmt"
	"math/big"

	graph "github.com/u2takey/ffmpeg-go"
)

// Still is one picture taken from a source and written as JPEG.
type Still struct {
	Input    string
	Stream   int
	Colour   Colour
	At       *big.Rat // seconds
	MaxWidth int
	File     string // below the working folder
	// Choose looks through the next seconds for a typical picture that is not
	// black; there may be none.
	Choose bool
}

// StillArgs returns the arguments that take a still.
func StillArgs(t Still) ([]string, error) {
	return build(func() *graph.Stream {
		options := graph.KwArgs{}
		if t.At != nil && t.At.Sign() > 0 {
			options["ss"] = decimal(t.At)
		}
		if t.Choose {
			options["t"] = 20
		}
		s := stream(input(t.Input, options), t.Stream)
		// A picture with non-square pixels is shown wider or narrower than stored. Its
		// colours come first: what chooses would change them in its own way.
		s = t.Colour.scaledForJPEG(t.Colour.opaque(s), fmt.Sprintf("trunc(min(%d,iw*sar)/2)*2:-2", t.MaxWidth))
		if t.Choose {
			s = s.Filter("blackframe", graph.Args{"amount=0", "threshold=40"})
			s = s.Filter("metadata", graph.Args{"mode=select", "key=lavfi.blackframe.pblack", "value=85", "function=less"})
			s = s.Filter("thumbnail", graph.Args{"24"})
		}
		s = s.Filter("setsar", graph.Args{"1"})
		s = s.Filter("format", graph.Args{"yuvj420p"})
		return graph.Output([]*graph.Stream{s}, t.File, graph.KwArgs{
			"format": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "q:v": 3, "threads": 1,
			"flags:v": "+bitexact", "fflags": "+bitexact", "map_metadata": "-1",
		})
	})
}

// TailArgs returns ffprobe's arguments that list the last packets of each
// stream: compact lines of stream index, presentation time, decoding time and
// duration in seconds, beginning about at the given time. The length that a
// container declares is a claim; this is what is there.
func TailArgs(path string, from *big.Rat) []string {
	args := []string{"-show_entries", "packet=stream_index,pts_time,dts_time,duration_time", "-of", "compact=p=0:nk=1"}
	if from != nil && from.Sign() > 0 {
		args = append(args, "-read_intervals", decimal(from)+"%")
	}
	return append(args, InputArgs(path)...)
}
