package ffmpeg

import (
	"strings"

	graph "github.com/u2takey/ffmpeg-go"
)

// Colour says what must be done to a picture so that it is opaque SDR in YUV.
// The zero Colour is a picture that is.
type Colour struct {
	Transfer  string // of an HDR picture: "smpte2084" (PQ) or "arib-std-b67" (HLG); else empty
	Primaries string // of an HDR picture, in ffmpeg's names, never empty
	Matrix    string // likewise
	Full      bool   // an HDR picture uses the full range of its values
	Alpha     bool   // it has transparent parts, which become black
	RGB       bool
}

// The primaries and matrices that an HDR picture may name. What names none, or
// others, is read as BT.2020, which nearly all of them are.
var (
	hdrPrimaries = map[string]bool{"bt2020": true, "bt709": true, "smpte431": true, "smpte432": true}
	hdrMatrices  = map[string]bool{"bt2020nc": true, "bt2020c": true, "bt709": true}
)

// Colour returns what a stream says of its colours.
func (s *Stream) Colour() Colour {
	c := Colour{Alpha: hasAlpha(s.PixFmt), RGB: isRGB(s.PixFmt)}
	if !s.HDR() {
		return c
	}
	c.Transfer, c.Primaries, c.Matrix, c.Full = s.ColorTransfer, "bt2020", "bt2020nc", s.ColorRange == "pc" && !c.RGB
	if hdrPrimaries[s.ColorPrimaries] {
		c.Primaries = s.ColorPrimaries
	}
	if hdrMatrices[s.ColorSpace] && !c.RGB {
		c.Matrix = s.ColorSpace
	}
	return c
}

// hasAlpha reports whether a pixel format, by ffmpeg's name, has transparency.
func hasAlpha(format string) bool {
	for _, p := range []string{"yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya8", "ya16", "pal8", "ayuv"} {
		if strings.HasPrefix(format, p) {
			return true
		}
	}
	return false
}

// isRGB reports whether a pixel format holds red, green and blue.
func isRGB(format string) bool {
	for _, p := range []string{"rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8"} {
		if strings.HasPrefix(format, p) {
			return true
		}
	}
	return false
}

// opaque lays a transparent picture over black: what shows through is what its
// colours were multiplied with.
func (c Colour) opaque(s *graph.Stream) *graph.Stream {
	if c.Alpha {
		return s.Filter("premultiply", graph.Args{"inplace=1"})
	}
	return s
}

// scaled scales a picture by an expression and makes it SDR in YUV, tagged as
// BT.709 where it was anything else. Tone mapping comes after scaling, since it
// costs by the pixel; swscale goes first because zscale takes no odd sizes.
func (c Colour) scaled(s *graph.Stream, size string) *graph.Stream {
	if c.Transfer == "" && !c.RGB {
		return s.Filter("scale", graph.Args{size, "flags=bicubic"})
	}
	s = c.toYUV(s, size, "bt709")
	s = s.Filter("format", graph.Args{"yuv420p"})
	return s.Filter("setparams", graph.Args{"range=tv", "color_primaries=bt709", "color_trc=bt709", "colorspace=bt709"})
}

// scaledForJPEG is scaled for a picture whose readers take its matrix for that of
// BT.601, whatever it is.
func (c Colour) scaledForJPEG(s *graph.Stream, size string) *graph.Stream {
	if c.Transfer == "" && !c.RGB {
		return s.Filter("scale", graph.Args{size, "flags=bicubic"})
	}
	return c.toYUV(s, size, "smpte170m")
}

func (c Colour) toYUV(s *graph.Stream, size, matrix string) *graph.Stream {
	options := []string{size, "flags=bicubic"}
	if c.RGB {
		of := matrix
		if c.Transfer != "" {
			of = "bt2020"
		}
		options = append(options, "out_color_matrix="+of, "out_range=tv")
	}
	s = s.Filter("scale", options)
	if c.Transfer != "" {
		s = c.toneMapped(s, matrix)
	}
	return s
}

// toneMapped brings PQ or HLG to SDR by Hable's curve over linear light, with
// the screen's white at 100 cd/m²: the reference white of both (203 cd/m², a
// signal of 58 % in PQ and 75 % in HLG, ITU-R BT.2408) comes out at 76 %.
func (c Colour) toneMapped(s *graph.Stream, matrix string) *graph.Stream {
	from := "tv"
	if c.Full {
		from = "pc"
	}
	s = s.Filter("format", graph.Args{"yuv444p10le"})
	s = s.Filter("zscale", graph.Args{
		"tin=" + c.Transfer, "pin=" + c.Primaries, "min=" + c.Matrix, "rin=" + from, "t=linear", "npl=100",
	})
	s = s.Filter("format", graph.Args{"gbrpf32le"})
	s = s.Filter("zscale", graph.Args{"p=bt709"})
	s = s.Filter("tonemap", graph.Args{"tonemap=hable", "desat=0"})
	return s.Filter("zscale", graph.Args{"t=bt709", "m=" + matrix, "r=tv"})
}
