package transcode

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

func TestSoundAndPictureOfDifferentLength(t *testing.T) {
	tr := newTranscoder(t, small)
	for _, c := range []struct {
		name           string
		picture, sound string
		want           time.Duration
	}{
		{"longer sound", "3", "10", 10 * time.Second},
		{"longer picture", "10", "3", 10 * time.Second},
		{"one frame", "0.04", "6", 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := clip(t, "source.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d="+c.picture, "-f", "lavfi", "-i", "sine=d="+c.sound,
				"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
			sink := newFolder(t)
			p, r := publish(t, tr, source, sink)
			// An AAC encoder's padding counts as sound in MP4.
			if d := (p.Duration - c.want).Abs(); d > 60*time.Millisecond {
				t.Errorf("planned %v, want %v", p.Duration, c.want)
			}
			checkContinuous(t, &p, sink)
			if r.Poster == "" {
				t.Error("no poster")
			}
		})
	}
}

func TestPictureIsShownAsItShould(t *testing.T) {
	tr := newTranscoder(t, small)
	for _, c := range []struct {
		name          string
		args          []string
		width, height int
	}{
		{"odd", []string{"-f", "lavfi", "-i", "testsrc2=s=161x91:r=25:d=2", "-c:v", "libx264", "-pix_fmt", "yuv444p"}, 160, 90},
		{"wide pixels", []string{"-f", "lavfi", "-i", "testsrc2=s=120x90:r=25:d=2,setsar=4/3", "-c:v", "libx264"}, 160, 90},
		{"interlaced", []string{"-f", "lavfi", "-i", "testsrc2=s=160x96:r=50:d=2,interlace", "-c:v", "libx264", "-flags", "+ildct+ilme", "-x264opts", "tff=1"}, 160, 96},
		{"ten bits", []string{"-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"}, 160, 90},
		{"transport stream", []string{"-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=9", "-c:v", "libx264", "-f", "mpegts"}, 160, 90},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := newFolder(t)
			p, r := publish(t, tr, clip(t, "source.mkv", append(c.args, "-preset", "ultrafast")...), sink)
			v := r.Renditions[0]
			if len(r.Renditions) != 1 || v.Width != c.width || v.Height != c.height {
				t.Errorf("got %+v", r.Renditions)
			}
			checkContinuous(t, &p, sink)
			got := string(output1(t, "ffprobe", "-v", "error", "-show_entries", "stream=width,height,pix_fmt,profile,field_order,sample_aspect_ratio", "-of", "csv=p=0", sink.joined(t, v.ID)))
			if want := fmt.Sprintf("%d,%d,1:1,yuv420p,progressive", c.width, c.height); !strings.Contains(got, want) {
				t.Errorf("encoded as %s, want %s", got, want)
			}
		})
	}
}

func TestRotationIsKept(t *testing.T) {
	tr := newTranscoder(t, small)
	flat := clip(t, "flat.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast")
	source := clip(t, "source.mp4", "-i", flat, "-c", "copy", "-metadata:s:v", "rotate=90")
	sink := newFolder(t)
	_, r := publish(t, tr, source, sink)
	if v := r.Renditions[0]; v.Width != 90 || v.Height != 160 || v.ID != "v/90p25" {
		t.Errorf("got %+v", v)
	}
}

func TestTrack(t *testing.T) {
	tr := newTranscoder(t, nil)
	cover := clip(t, "cover.png", "-f", "lavfi", "-i", "testsrc2=s=1500x1500:d=1", "-frames:v", "1", "-update", "1")
	source := clip(t, "source.flac", "-f", "lavfi", "-i", "sine=frequency=440:r=44100:d=9.5", "-i", cover, "-map", "0", "-map", "1",
		"-disposition:v", "attached_pic", "-metadata", "title=A song")
	sink := newFolder(t)
	p, r := publish(t, tr, source, sink)
	if p.Kind != models.KindTrack || len(r.Renditions) != 4 || p.Tags["title"] != "A song" {
		t.Fatalf("plan %+v", p)
	}
	const samples = 44100 * 19 / 2
	for _, v := range r.Renditions[:3] {
		if v.Codec != "mp4a.40.2" || v.SampleRate != 44100 || v.Channels != 2 || v.Samples != samples || v.Priming != 1024 || (samples+v.Priming+v.Padding)%1024 != 0 {
			t.Errorf("got %+v", v)
		}
		raw := output1(t, "ffmpeg", "-v", "error", "-i", sink.joined(t, v.ID), "-ac", "1", "-f", "s16le", "-")
		// ffmpeg puts the priming before time zero, and plays the padding too.
		if n := len(raw)/2 - v.Priming; n < samples || n > samples+v.Padding {
			t.Errorf("%s: %d samples decoded, want %d", v.ID, n, samples)
		}
	}
	if v := r.Renditions[3]; v.Codec != "fLaC" || v.ID != "a/flac-705-1/0-und" || v.Channels != 1 || v.Samples != samples || v.Priming != 0 || v.Padding != 0 || v.Live {
		t.Errorf("lossless %+v", v)
	}
	checkContinuousTrack(t, sink, r)
	// ffmpeg's sine peaks at -18 dBFS.
	if r.Loudness == nil || math.Abs(r.Loudness.TruePeak+18) > 1.5 {
		t.Errorf("loudness %+v", r.Loudness)
	}
	raw, err := os.ReadFile(r.Cover)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil || picture.Bounds().Dx() != 1280 || picture.Bounds().Dy() != 1280 {
		t.Errorf("cover: %v %v", picture.Bounds(), err)
	}
}

func checkContinuousTrack(t *testing.T, sink *folder, r Result) {
	t.Helper()
	for _, v := range r.Renditions {
		var at uint64
		for n, s := range sink.segments[v.ID][1:] {
			f, err := readSegment(filepath.Join(sink.dir, s.ReleasePath))
			if err != nil {
				t.Fatal(err)
			}
			if f.Start != at || s.KeyBytes != 0 {
				t.Errorf("%s: segment %d begins at %d, want %d; key bytes %d", v.ID, n, f.Start, at, s.KeyBytes)
			}
			at += f.Duration
		}
	}
}

func TestPosterIsNotBlack(t *testing.T) {
	tr := newTranscoder(t, small)
	source := clip(t, "source.mp4", "-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=3", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2",
		"-filter_complex", "[0][1]concat", "-c:v", "libx264", "-preset", "ultrafast")
	_, r := publish(t, tr, source, newFolder(t))
	raw, err := os.ReadFile(r.Poster)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	bright := 0
	for x := range 320 {
		if v, _, _, _ := picture.At(x, 90).RGBA(); v > 0x4000 {
			bright++
		}
	}
	if bright < 20 || picture.Bounds().Dx() != 320 {
		t.Errorf("%d bright points in %v", bright, picture.Bounds())
	}
}

func TestKeyBytesHoldAPicture(t *testing.T) {
	tr := newTranscoder(t, small)
	sink := newFolder(t)
	p, _ := publish(t, tr, clip(t, "source.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=5", "-c:v", "libx264"), sink)
	id := p.Renditions[0].ID
	init, err := os.ReadFile(filepath.Join(sink.dir, id, "init.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sink.segments[id][1:] {
		raw, err := os.ReadFile(filepath.Join(sink.dir, s.ReleasePath))
		if err != nil {
			t.Fatal(err)
		}
		if s.KeyBytes <= 0 || s.KeyBytes >= int64(len(raw)) {
			t.Fatalf("key bytes %d of %d", s.KeyBytes, len(raw))
		}
		path := filepath.Join(t.TempDir(), "key.mp4")
		if err := os.WriteFile(path, append(bytes.Clone(init), raw[:s.KeyBytes]...), 0o600); err != nil {
			t.Fatal(err)
		}
		frames := output1(t, "ffmpeg", "-v", "quiet", "-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-")
		if len(frames) != 160*90 {
			t.Errorf("segment %d: %d bytes of picture", s.Number, len(frames))
		}
	}
}

func TestRefused(t *testing.T) {
	tr := newTranscoder(t, nil)
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ name, path, code string }{
		{"empty", write("a.mp4", ""), ffmpeg.CodeEmptyFile},
		{"page", write("b.mp4", "<!doctype html><html><body>hello</body></html>"), ffmpeg.CodeNotMedia},
		{"playlist", write("c.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"), ffmpeg.CodePlaylistInput},
		{"tiny", clip(t, "d.mp4", "-f", "lavfi", "-i", "testsrc2=s=8x8:r=25:d=1", "-c:v", "mpeg4"), ffmpeg.CodeDimensions},
		{"line", clip(t, "e.mkv", "-f", "lavfi", "-i", "color=s=2048x16:r=25:d=1", "-c:v", "libx264"), ffmpeg.CodeBadAspect},
		{"day", clip(t, "f.mkv", "-f", "lavfi", "-i", "color=s=32x32:r=1:d=4", "-vf", "setpts=PTS*20000", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "0"), ffmpeg.CodeDurationTooLong},
		{"image", clip(t, "g.png", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", "-update", "1"), ffmpeg.CodeStillImage},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tr.Inspect(t.Context(), c.path)
			var fault *models.Fault
			if !errors.As(err, &fault) || fault.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestSizeChangesInMidFilm(t *testing.T) {
	tr := newTranscoder(t, small)
	dir := t.TempDir()
	var joined []byte
	for i, size := range []string{"160x90", "320x180"} {
		part := clip(t, "part.ts", "-f", "lavfi", "-i", "testsrc2=s="+size+":r=25:d=3", "-c:v", "libx264", "-preset", "ultrafast",
			"-output_ts_offset", []string{"0", "3"}[i], "-f", "mpegts")
		raw, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, raw...)
	}
	source := filepath.Join(dir, "source")
	if err := os.WriteFile(source, joined, 0o600); err != nil {
		t.Fatal(err)
	}
	sink := newFolder(t)
	p, _ := publish(t, tr, source, sink)
	checkContinuous(t, &p, sink)
	if d := (p.Duration - 6*time.Second).Abs(); d > 200*time.Millisecond {
		t.Errorf("%v long", p.Duration)
	}
}
