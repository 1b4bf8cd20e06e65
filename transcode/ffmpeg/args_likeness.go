package ffmpeg

import (
	"math/big"

	graph "github.com/u2takey/ffmpeg-go"
)

// LikenessJob is what tells a film or track from others whatever it is encoded
// with: small pictures at some moments, and Chromaprint's fingerprint of its
// first sound.
type LikenessJob struct {
	Input    string
	Video    int        // the stream of the pictures
	At       []*big.Rat // seconds; a picture each
	Pictures []string   // files below the working folder, as many
	Audio    int        // the stream of the sound; negative: none
	Seconds  int        // how much of the sound
	Sound    string     // file below the working folder
}

// LikenessArgs returns the arguments that take all of it in one run, which opens
// the input once for each picture: seeking costs less than decoding what lies
// between.
func LikenessArgs(j LikenessJob) ([]string, error) {
	return build(func() *graph.Stream {
		var outs []*graph.Stream
		for i, at := range j.At {
			options := graph.KwArgs{"threads": 1}
			if at.Sign() > 0 {
				options["ss"] = decimal(at)
			}
			s := stream(input(j.Input, options), j.Video)
			s = s.Filter("scale", graph.Args{"128:128", "flags=area"})
			s = s.Filter("format", graph.Args{"yuvj420p"})
			outs = append(outs, graph.Output([]*graph.Stream{s}, j.Pictures[i], graph.KwArgs{
				"format": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "q:v": 3, "threads": 1,
				"flags:v": "+bitexact", "fflags": "+bitexact", "map_metadata": "-1",
			}))
		}
		if j.Audio >= 0 {
			s := stream(input(j.Input, graph.KwArgs{"t": j.Seconds, "threads": 1}), j.Audio)
			outs = append(outs, graph.Output([]*graph.Stream{s}, j.Sound, graph.KwArgs{
				"format": "chromaprint", "fp_format": "raw", "c:a": "pcm_s16le", "ac": 1, "ar": 11025,
			}))
		}
		return graph.MergeOutputs(outs...)
	})
}
