package transcode

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

// TestOddMedia publishes what people bring beside ordinary films: each must be
// as long as it is, to a frame or a tenth of a second, and decode to the end.
func TestOddMedia(t *testing.T) {
	tr := newTranscoder(t, small)
	const tone, h264 = "sine=f=440:r=48000:d=", "-c:v libx264 -preset ultrafast "
	picture := func(size, rate, seconds string) string {
		return "-f lavfi -i testsrc2=s=" + size + ":r=" + rate + ":d=" + seconds
	}
	for _, c := range []struct {
		name, file string
		make       []string // each one makes a part of the file
		kind       models.Kind
		want       time.Duration
	}{
		{"one frame", "a.avi", []string{picture("64x48", "25", "0.04") + " -c:v mjpeg"}, models.KindVideo, 40 * time.Millisecond},
		{"one frame of MP4", "a.mp4", []string{picture("64x48", "25", "0.04") + " " + h264}, models.KindVideo, 40 * time.Millisecond},
		{"a tenth of a second", "a.mp4", []string{picture("64x48", "30", "0.1") + " -f lavfi -i " + tone + "0.1 " + h264}, models.KindVideo, 100 * time.Millisecond},
		{"a tenth of a second of sound", "a.wav", []string{"-f lavfi -i " + tone + "0.1"}, models.KindTrack, 100 * time.Millisecond},
		{"a short MP3", "a.mp3", []string{"-f lavfi -i " + tone + "0.1"}, models.KindTrack, 100 * time.Millisecond},
		{"telephone", "a.wav", []string{"-f lavfi -i sine=r=8000:d=1.3"}, models.KindTrack, 1300 * time.Millisecond},
		{"studio", "a.flac", []string{"-f lavfi -i sine=r=192000:d=1.1 -ac 2 -sample_fmt s32"}, models.KindTrack, 1100 * time.Millisecond},
		{"24 channels", "a.wav", []string{"-f lavfi -i sine=r=192000:d=1 -af pan=24c|c0=c0|c1=c0|c23=c0"}, models.KindTrack, time.Second},
		{"9 channels", "a.wav", []string{"-f s16le -ac 9 -ar 48000 -t 1 -i /dev/zero"}, models.KindTrack, time.Second},
		{"cover in a track", "a.mp3", []string{"-f lavfi -i " + tone + "1 -f lavfi -i color=red:s=64x64:d=0.04 -map 0 -map 1 -c:v mjpeg -frames:v 1 -disposition:v attached_pic"}, models.KindTrack, time.Second},
		{"picture and sound", "a.mkv", []string{picture("64x48", "1", "1") + " -f lavfi -i " + tone + "2 " + h264}, models.KindVideo, 2 * time.Second},
		{"starts late", "a.mkv", []string{picture("64x48", "25", "1") + " -f lavfi -i " + tone + "1 " + h264 + "-output_ts_offset 7"}, models.KindVideo, time.Second},
		{"starts before zero", "a.mkv", []string{picture("64x48", "25", "1") + " -f lavfi -i " + tone + "1 " + h264 + "-output_ts_offset -0.5 -avoid_negative_ts disabled"}, models.KindVideo, time.Second},
		{"clock wraps", "a.ts", []string{picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-muxdelay 0 -output_ts_offset 95442.7"}, models.KindVideo, 2 * time.Second},
		{"clock jumps ahead", "a.ts", []string{
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-muxdelay 0",
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-muxdelay 0 -output_ts_offset 1000",
		}, models.KindVideo, 4 * time.Second},
		{"clock jumps back", "a.ts", []string{
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-muxdelay 0 -output_ts_offset 1000",
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-muxdelay 0",
		}, models.KindVideo, 4 * time.Second},
		{"sound changes channels", "a.ts", []string{
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-c:a ac3 -ac 2",
			picture("64x48", "25", "2") + " -f lavfi -i " + tone + "2 " + h264 + "-c:a ac3 -ac 6 -output_ts_offset 2",
		}, models.KindVideo, 4 * time.Second},
		{"interlaced picture becomes smaller", "a.ts", []string{
			picture("96x64", "50", "2") + " -vf interlace -flags +ildct+ilme -c:v mpeg2video -b:v 2M",
			picture("64x48", "50", "2") + " -vf interlace -flags +ildct+ilme -c:v mpeg2video -b:v 2M -output_ts_offset 2",
		}, models.KindVideo, 4 * time.Second},
		{"picture changes codec settings", "a.ts", []string{
			picture("64x48", "25", "2") + " " + h264,
			picture("96x64", "25", "2") + " " + h264 + "-pix_fmt yuv422p10le -output_ts_offset 2",
		}, models.KindVideo, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := newFolder(t)
			sink.loose = c.name == "sound changes channels"
			p, r := publish(t, tr, joinedClips(t, c.file, c.make), sink)
			if p.Kind != c.kind {
				t.Errorf("published as a %s", p.Kind)
			}
			checkWhole(t, &p, r, sink, c.want)
		})
	}
}

// joinedClips makes clips and joins their bytes, as broadcasts are.
func joinedClips(t *testing.T, name string, commands []string) string {
	t.Helper()
	var all []byte
	for _, args := range commands {
		raw, err := os.ReadFile(clip(t, name, strings.Fields(args)...))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkWhole decodes every rendition and compares its length with what was said
// of it and with what it should be.
func checkWhole(t *testing.T, p *Plan, r Result, sink *folder, want time.Duration) {
	t.Helper()
	slack := 100 * time.Millisecond
	if p.rate != nil {
		slack = max(slack, durationOf(frameSpan(1, p.rate)))
	}
	if d := (r.Duration - want).Abs(); d > slack {
		t.Errorf("%v long, want %v", r.Duration, want)
	}
	for _, v := range r.Renditions {
		path := sink.joined(t, v.ID)
		if v.Media == models.MediaVideo {
			frames := len(decodeAll(t, path, "-vf", "scale=2:2,format=gray", "-f", "rawvideo")) / 4
			if d := (durationOf(frameSpan(int64(frames), v.FrameRate)) - r.Duration).Abs(); d > time.Millisecond {
				t.Errorf("%s: %d frames at %v for %v", v.ID, frames, v.FrameRate, r.Duration)
			}
			continue
		}
		whole := decodeSamples(t, path, v.Channels)
		if n := int64(len(whole)/v.Channels) - int64(v.Priming) - int64(v.Padding); n != v.Samples {
			t.Errorf("%s: %d samples and %d, %d around them were decoded, want %d", v.ID, n, v.Priming, v.Padding, v.Samples)
		}
		if d := math.Abs(float64(v.Samples)/float64(v.SampleRate) - r.Duration.Seconds()); d > 0.001 {
			t.Errorf("%s: %d samples for %v", v.ID, v.Samples, r.Duration)
		}
	}
}

// decodeAll decodes a file without any complaint.
func decodeAll(t testing.TB, path string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", append(append([]string{"-nostdin", "-v", "error", "-xerror", "-i", path}, args...), "-")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("decoding %s: %v\n%s", filepath.Base(path), err, stderr.String())
	}
	return out
}

// decodeSamples decodes all of a file's sound as interleaved samples of 32 bits,
// with the priming and padding that edit lists would take away.
func decodeSamples(t testing.TB, path string, channels int) []int32 {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-ignore_editlist", "1", "-flags2", "skip_manual", "-i", path,
		"-ac", fmt.Sprint(channels), "-c:a", "pcm_s32le", "-f", "s32le", "-")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int32, len(out)/4)
	for i := range samples {
		samples[i] = int32(out[4*i]) | int32(out[4*i+1])<<8 | int32(out[4*i+2])<<16 | int32(out[4*i+3])<<24
	}
	return samples
}
