package ffmpeg

import (
	"fmt"
	"strings"

	graph "github.com/u2takey/ffmpeg-go"
)

// PrintArgs returns the arguments that write Chromaprint's fingerprint of the
// first seconds of a sound stream, which tells it from others whatever it is
// encoded with, to a file below the working folder.
func PrintArgs(path string, index, seconds int, file string) ([]string, error) {
	return build(func() *graph.Stream {
		s := stream(input(path, graph.KwArgs{"t": seconds, "threads": 1}), index)
		return graph.Output([]*graph.Stream{s}, file, graph.KwArgs{
			"format": "chromaprint", "fp_format": "raw", "c:a": "pcm_s16le", "ac": 1, "ar": 11025,
		})
	})
}

// Glimpses are some frames of a film as small square pictures.
type Glimpses struct {
	Input   string
	Frames  []int64 // counted from its first, ascending
	Pattern string  // of the files below the working folder, with a number from 0
}

// GlimpseArgs returns the arguments that take glimpses.
func GlimpseArgs(g Glimpses) ([]string, error) {
	return build(func() *graph.Stream {
		if len(g.Frames) == 0 {
			panic("no frame to take")
		}
		var wanted []string
		for _, n := range g.Frames {
			wanted = append(wanted, fmt.Sprintf("eq(n\\,%d)", n))
		}
		s := stream(input(g.Input, graph.KwArgs{"threads": 1}), 0)
		s = s.Filter("select", graph.Args{strings.Join(wanted, "+")})
		s = s.Filter("scale", graph.Args{"128:128", "flags=area"})
		s = s.Filter("format", graph.Args{"yuvj420p"})
		return graph.Output([]*graph.Stream{s}, g.Pattern, graph.KwArgs{
			"format": "image2", "start_number": 0, "fps_mode": "passthrough", "frames:v": len(g.Frames),
			"c:v": "mjpeg", "q:v": 3, "threads": 1,
			"flags:v": "+bitexact", "fflags": "+bitexact", "map_metadata": "-1",
		})
	})
}
