package ffmpeg

import (
	"fmt"

	graph "github.com/u2takey/ffmpeg-go"
)

// CaptionOutput is a text stream of a source and the file that it becomes.
type CaptionOutput struct {
	Stream int    // index in the file
	File   string // below the working folder
}

// CaptionArgs returns the arguments that write text streams as WebVTT, whatever
// they were, in one pass that decodes neither picture nor sound.
func CaptionArgs(path string, outs []CaptionOutput) ([]string, error) {
	return build(func() *graph.Stream {
		in := input(path, nil)
		var all []*graph.Stream
		for _, o := range outs {
			all = append(all, graph.Output([]*graph.Stream{stream(in, o.Stream)}, o.File, graph.KwArgs{
				"format": "webvtt", "c:s": "webvtt", "flags:s": "+bitexact", "fflags": "+bitexact",
				"map_metadata": "-1", "map_chapters": "-1",
			}))
		}
		return graph.MergeOutputs(all...)
	})
}

// SampleArgs returns the arguments that write a sound stream to the standard
// output as 16-bit little-endian samples, all channels in turn, at the rate that
// it has.
func SampleArgs(path string, index, channels int) ([]string, error) {
	return build(func() *graph.Stream {
		s := stream(input(path, nil), index)
		return graph.Output([]*graph.Stream{s}, "pipe:1", graph.KwArgs{
			"format": "s16le", "c:a": "pcm_s16le", "ac": channels, "fflags": "+bitexact",
		})
	})
}

// Board is the storyboard: small pictures side by side in a few large ones.
type Board struct {
	Input         string // a film with one frame for each picture
	Width, Height int    // of a picture
	Columns, Rows int
	Pattern       string // of the files below the working folder, with a number from 0
}

// BoardArgs returns the arguments that draw a storyboard. What is left over of
// the last file is black.
func BoardArgs(b Board) ([]string, error) {
	return build(func() *graph.Stream {
		s := stream(input(b.Input, nil), 0)
		s = s.Filter("scale", graph.Args{fmt.Sprintf("%d:%d", b.Width, b.Height), "flags=bicubic"})
		s = s.Filter("setsar", graph.Args{"1"})
		s = s.Filter("format", graph.Args{"yuvj420p"})
		s = s.Filter("tile", graph.Args{fmt.Sprintf("%dx%d", b.Columns, b.Rows)})
		return graph.Output([]*graph.Stream{s}, b.Pattern, graph.KwArgs{
			"format": "image2", "start_number": 0, "fps_mode": "passthrough", "c:v": "mjpeg", "q:v": 5, "threads": 1,
			"flags:v": "+bitexact", "fflags": "+bitexact", "map_metadata": "-1",
		})
	})
}
