package ffmpeg

import (
	"slices"
	"strconv"
	"strings"

	graph "github.com/u2takey/ffmpeg-go"
)

// mixable are the numbers of channels for which ffmpeg knows where each of them
// stands, also when the file does not say; 24 is 22.2.
var mixable = []int{1, 2, 3, 4, 5, 6, 7, 8, 16, 24}

// Surround reports whether sound of so many channels can be mixed down to 5.1.
func Surround(channels int) bool { return channels >= 6 && slices.Contains(mixable, channels) }

// mix brings sound from some channels to 2 or 6. A single one goes to both sides
// at its full level. Several that become one are made so quiet that their sum
// cannot exceed full scale, which nothing after it could mend.
func mix(s *graph.Stream, from, to int) *graph.Stream {
	layout := map[int]string{2: "stereo", 6: "5.1"}[to]
	switch {
	case from == 1 && to == 2:
		s = s.Filter("pan", graph.Args{"stereo|c0=c0|c1=c0"})
	case !slices.Contains(mixable, from):
		s = s.Filter("pan", graph.Args{sides(from)})
	case from > to:
		s = s.Filter("aresample", graph.Args{"out_channel_layout=" + layout, "rematrix_maxval=1.0"})
	}
	return s.Filter("aformat", graph.Args{"channel_layouts=" + layout})
}

// sides mixes channels of which nothing is known but their order: the even ones
// to the left, the odd ones to the right, with gains that sum to one.
func sides(channels int) string {
	var left, right []string
	for c := range channels {
		name := "c" + strconv.Itoa(c)
		if c%2 == 0 {
			left = append(left, name)
		} else {
			right = append(right, name)
		}
	}
	return "stereo|c0<" + strings.Join(left, "+") + "|c1<" + strings.Join(right, "+")
}
