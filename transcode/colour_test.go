package transcode

import (
	"strings"
	"testing"
)

// TestColoursBecomeSDR publishes pictures that are no SDR in 8 bits, and looks
// at what a screen would show at some points.
func TestColoursBecomeSDR(t *testing.T) {
	tr := newTranscoder(t, small)
	// Columns of the signal's levels, each 20 pixels wide: black, 58 % (where PQ has
	// its reference white), 75 % (where HLG has it), all.
	const levels = "color=gray:s=80x48:r=5:d=0.4,format=yuv420p10le,geq=cb=512:cr=512:lum='64+876*if(lt(X,20),0,if(lt(X,40),0.58,if(lt(X,60),0.75,1)))'"
	hdr := func(transfer string) []string {
		return []string{"-f", "lavfi", "-i", levels, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0",
			"-color_trc", transfer, "-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_range", "tv"}
	}
	half := func(format, codec string) []string {
		return []string{"-f", "lavfi", "-i", "color=white:s=80x48:r=5:d=0.4,format=rgba,colorchannelmixer=aa=0.5", "-c:v", codec, "-pix_fmt", format}
	}
	plain := func(format, codec string) []string {
		return []string{"-f", "lavfi", "-i", "color=red:s=80x48:r=5:d=0.4", "-c:v", codec, "-pix_fmt", format}
	}
	for _, c := range []struct {
		name string
		args []string
		at   int // a column
		want [3]int
		tags bool // it says BT.709
	}{
		{"PQ, black", hdr("smpte2084"), 10, [3]int{0, 0, 0}, true},
		{"PQ, reference white", hdr("smpte2084"), 30, [3]int{194, 194, 194}, true},
		{"PQ, brightest", hdr("smpte2084"), 70, [3]int{255, 255, 255}, true},
		{"HLG, reference white", hdr("arib-std-b67"), 50, [3]int{193, 193, 193}, true},
		{"HLG, brightest", hdr("arib-std-b67"), 70, [3]int{254, 254, 254}, true},
		{"half transparent RGB", half("bgra", "ffv1"), 40, [3]int{127, 127, 127}, true},
		{"half transparent YUV", half("yuva444p10le", "ffv1"), 40, [3]int{127, 127, 127}, false},
		{"half transparent ProRes", half("yuva444p10le", "prores_ks"), 40, [3]int{127, 127, 127}, false},
		{"RGB", plain("gbrp", "ffv1"), 40, [3]int{255, 0, 0}, true},
		{"4:4:4", plain("yuv444p", "libx264"), 40, [3]int{255, 0, 0}, false},
		{"4:2:2 in 10 bits", plain("yuv422p10le", "libx264"), 40, [3]int{255, 0, 0}, false},
		{"full range", plain("yuvj420p", "mjpeg"), 40, [3]int{255, 0, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := newFolder(t)
			p, r := publish(t, tr, clip(t, "source.mkv", c.args...), sink)
			path := sink.joined(t, r.Renditions[0].ID)
			checkWhole(t, &p, r, sink, p.Duration)
			says := string(output1(t, "ffprobe", "-v", "error", "-show_entries", "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries,codec_name:stream_side_data=side_data_type", "-of", "compact", path))
			if !strings.Contains(says, "pix_fmt=yuv420p|") || c.tags && !strings.Contains(says, "color_range=tv|color_space=bt709|color_transfer=bt709|color_primaries=bt709") {
				t.Errorf("says %s", says)
			}
			if strings.Contains(says, "side_data_type") {
				t.Errorf("brings %s", says)
			}
			for name, file := range map[string]string{"film": path, "poster": r.Poster} {
				pixels := decodeAll(t, file, "-frames:v", "1", "-vf", "scale=80:48:flags=neighbor", "-pix_fmt", "rgb24", "-f", "rawvideo")
				for i, want := range c.want {
					if got := int(pixels[3*(20*80+c.at)+i]); got < want-8 || got > want+8 {
						t.Errorf("%s: component %d is %d, want %d", name, i, got, want)
					}
				}
			}
		})
	}
}

func TestTurnedPictures(t *testing.T) {
	tr := newTranscoder(t, small)
	// Its left half is white.
	flat := clip(t, "flat.mp4", "-f", "lavfi", "-i", "color=black:s=80x48:r=5:d=0.4,drawbox=0:0:40:48:white:fill", "-c:v", "libx264")
	// ffmpeg turns to the left.
	for _, c := range []struct {
		angle         string
		width, height int
		x, y          int // where it is white
	}{{"90", 48, 80, 24, 60}, {"180", 80, 48, 60, 24}, {"270", 48, 80, 24, 20}} {
		t.Run(c.angle, func(t *testing.T) {
			t.Parallel()
			sink := newFolder(t)
			_, r := publish(t, tr, clip(t, "source.mp4", "-i", flat, "-c", "copy", "-metadata:s:v", "rotate="+c.angle), sink)
			v := r.Renditions[0]
			pixels := decodeAll(t, sink.joined(t, v.ID), "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo")
			if v.Width != c.width || v.Height != c.height || len(pixels) != c.width*c.height {
				t.Fatalf("%d × %d, %d pixels", v.Width, v.Height, len(pixels))
			}
			white, black := pixels[c.y*c.width+c.x], pixels[(c.height-1-c.y)*c.width+c.width-1-c.x]
			if white < 200 || black > 50 {
				t.Errorf("%d where it is white, %d where it is black", white, black)
			}
		})
	}
}
