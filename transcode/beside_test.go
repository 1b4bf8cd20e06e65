package transcode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

// written writes a file for a test and returns its path.
func written(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// colours is a film of 13 seconds: four red, four green, the rest blue.
var colours = []string{
	"-f", "lavfi", "-i", "color=red:s=320x180:r=25:d=4", "-f", "lavfi", "-i", "color=lime:s=320x180:r=25:d=4",
	"-f", "lavfi", "-i", "color=blue:s=320x180:r=25:d=5", "-f", "lavfi", "-i", "sine=frequency=300:d=13",
}

// captioned is that film with two captions and three chapters.
func captioned(t testing.TB) string {
	srt := written(t, "a.srt", "1\n00:00:01,000 --> 00:00:02,500\nHello <b>you</b> <script>alert(1)</script>\n\n2\n00:00:05,000 --> 00:00:06,000\n1 < 2 & so\n")
	ass := written(t, "b.ass", "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\nStyle: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\i1}Guten Tag{\\i0}\\Nund {\\c&HFF&}mehr\nDialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}\n")
	meta := written(t, "m.txt", ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=6000\ntitle=One & only\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=4000\nEND=8000\ntitle=<img src=x onerror=alert(1)>\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=8000\nEND=99000\n")
	args := append(append([]string{}, colours...), "-i", srt, "-i", ass, "-i", meta, "-filter_complex", "[0:v][1:v][2:v]concat=n=3[v]",
		"-map", "[v]", "-map", "3:a", "-map", "4", "-map", "5", "-map_metadata", "6", "-map_chapters", "6",
		"-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger", "-metadata:s:s:1", "title=Mit Stil", "-disposition:s:0", "hearing_impaired",
		"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", "-c:s:0", "srt", "-c:s:1", "ass")
	return clip(t, "film.mkv", args...)
}

// beside reads the sidecars of a result by their paths.
func beside(t testing.TB, r Result) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range r.Beside {
		raw, err := os.ReadFile(f.Local)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Path] = string(raw)
	}
	return all
}

func TestBesideAFilm(t *testing.T) {
	tr, source := newTranscoder(t, small), captioned(t)
	p, r := publish(t, tr, source, newFolder(t))
	got := beside(t, r)
	const head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
	for path, want := range map[string]string{
		"t/0-en/0.vtt": head + "\n00:00:01.000 --> 00:00:02.500\nHello <b>you</b> alert(1)\n\n00:00:05.000 --> 00:00:06.000\n1 &lt; 2 &amp; so\n",
		"t/1-de/0.vtt": head + "\n00:00:03.000 --> 00:00:04.000\n<i>Guten Tag</i>\nund mehr\n",
		"x/chapters.json": `{"version":"1.2.0","chapters":[{"startTime":0,"endTime":4,"title":"One \u0026 only"},` +
			`{"startTime":4,"endTime":8,"title":"\u003cimg src=x onerror=alert(1)\u003e"},{"startTime":8,"endTime":13,"title":"Chapter 3"}]}`,
		"x/chapters.vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nOne &amp; only\n\n00:00:04.000 --> 00:00:08.000\n&lt;img src=x onerror=alert(1)&gt;\n\n00:00:08.000 --> 00:00:13.000\nChapter 3\n",
		"s/storyboard.vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nsprite-0.jpg#xywh=0,0,160,90\n\n00:00:04.000 --> 00:00:08.000\nsprite-0.jpg#xywh=160,0,160,90\n\n" +
			"00:00:08.000 --> 00:00:12.000\nsprite-0.jpg#xywh=320,0,160,90\n\n00:00:12.000 --> 00:00:13.000\nsprite-0.jpg#xywh=480,0,160,90\n",
	} {
		if got[path] != want {
			t.Errorf("%s:\n%s\nwant:\n%s", path, got[path], want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d files beside", len(got))
	}
	if want := []hls.Subtitle{
		{Name: "English (SDH)", Language: "en", Hearing: true, URI: "t/0-en/index.m3u8"}, {Name: "Mit Stil", Language: "de", URI: "t/1-de/index.m3u8"},
	}; !reflect.DeepEqual(r.Captions, want) {
		t.Errorf("captions %+v", r.Captions)
	}
	sprite, err := jpeg.Decode(strings.NewReader(got["s/sprite-0.jpg"]))
	if err != nil {
		t.Fatal(err)
	}
	if sprite.Bounds() != image.Rect(0, 0, 1280, 720) {
		t.Errorf("sprite %v", sprite.Bounds())
	}
	for tile, want := range []string{"red", "green", "blue", "blue", "black"} {
		if c := colour(sprite, tile*160+80, 45); c != want {
			t.Errorf("tile %d is %s, want %s", tile, c, want)
		}
	}
	sameAgain(t, tr, source, p, got)
}

// colour names the strongest colour of a point.
func colour(p image.Image, x, y int) string {
	r, g, b, _ := p.At(x, y).RGBA()
	switch {
	case max(r, g, b) < 0x3000:
		return "black"
	case r > g && r > b:
		return "red"
	case g > b:
		return "green"
	}
	return "blue"
}

// sameAgain: whatever was interrupted, and whichever pictures a crash has lost.
func sameAgain(t *testing.T, tr *Transcoder, source string, p Plan, want map[string]string) {
	sink, dir := newFolder(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	sink.stop = func(s Produced) error {
		if s.ReleasePath == "v/180p25/00/00001.m4s" {
			cancel()
		}
		return nil
	}
	if _, err := tr.Run(ctx, p, source, dir, sink.done, sink, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	sink.stop = nil
	continued := func(what string) {
		r, err := tr.Run(t.Context(), p, source, dir, sink.done, sink, nil)
		if err != nil {
			t.Fatal(explain(err))
		}
		same(t, what, beside(t, r), want)
	}
	continued("continued run")
	made := len(sink.order)
	continued("nothing left to do")
	if len(sink.order) != made {
		t.Errorf("made %v again", sink.order[made:])
	}
	if err := os.Truncate(filepath.Join(dir, "board", "00001"), 0); err != nil {
		t.Fatal(err)
	}
	continued("a picture lost")
	if again := sink.order[made:]; len(again) != 1 || again[0] != "v/180p25/00/00001.m4s" {
		t.Errorf("made %v again", again)
	}
}

func TestBesideATrack(t *testing.T) {
	tr := newTranscoder(t, small)
	source := clip(t, "song.flac", "-f", "lavfi", "-i", "aevalsrc=if(lt(t\\,2)\\,0\\,0.5*sin(2*PI*1000*t))|0:s=44100:d=4")
	_, r := publish(t, tr, source, newFolder(t))
	var w struct {
		Version, Channels, Bits, Length int
		Rate                            int `json:"sample_rate"`
		Span                            int `json:"samples_per_pixel"`
		Data                            []int
	}
	if err := json.Unmarshal([]byte(beside(t, r)["x/waveform.json"]), &w); err != nil {
		t.Fatal(err)
	}
	if w.Version != 2 || w.Channels != 1 || w.Bits != 8 || w.Rate != 44100 || w.Length*2 != len(w.Data) || w.Length > maxPeaks {
		t.Fatalf("%+v", w)
	}
	if d := w.Length*w.Span - 4*44100; d < 0 || d >= w.Span {
		t.Errorf("%d pairs of %d samples", w.Length, w.Span)
	}
	for i := range w.Length {
		low, high := w.Data[2*i], w.Data[2*i+1]
		switch at := float64(i*w.Span) / 44100; {
		case at < 1.9 && (low != 0 || high != 0), at > 2.1 && at < 3.9 && (low > -55 || high < 55 || low < -70 || high > 70):
			t.Fatalf("at %.2f s: %d…%d", at, low, high)
		}
	}
}

// TestPeaksAreBounded: hours are as many pairs as minutes.
func TestPeaksAreBounded(t *testing.T) {
	p := &peaks{span: 2 * leastSpan}
	chunk := make([]byte, 8191) // odd, so that samples are cut
	chunk[4001] = 0x7f
	for range 600 {
		if n, err := p.Write(chunk); n != len(chunk) || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(p.pairs) >= maxPeaks || len(p.pairs) < maxPeaks/2 {
		t.Errorf("%d pairs", len(p.pairs))
	}
	if data, err := p.json(44100, 2); err != nil || len(data) > 40<<10 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if data, err := new(peaks).json(44100, 2); err != nil || data != nil {
		t.Errorf("no sound gives %s, %v", data, err)
	}
}

func TestBadCaptionsCostOnlyThemselves(t *testing.T) {
	tr := newTranscoder(t, small)
	var flood strings.Builder
	for i := range 45_000 { // more than ffmpeg may write
		fmt.Fprintf(&flood, "%d\n00:00:%02d,%03d --> 00:01:30,000\n%0200d\n\n", i+1, i/1000, i%1000, i)
	}
	good := written(t, "good.srt", "1\n00:00:01,000 --> 00:00:02,000\nstays\n")
	source := clip(t, "film.mkv", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-i", good, "-i", written(t, "flood.srt", flood.String()),
		"-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "copy")
	_, r := publish(t, tr, source, newFolder(t))
	got := beside(t, r)
	if !strings.HasSuffix(got["t/0-und/0.vtt"], "\nstays\n") {
		t.Errorf("the good captions: %q", got["t/0-und/0.vtt"])
	}
	for path, data := range got {
		if len(data) > 100<<10 {
			t.Errorf("%s has %d bytes", path, len(data))
		}
	}
	if len(r.Captions) != 1 {
		t.Errorf("captions %+v", r.Captions)
	}
}

func TestChooseCaptions(t *testing.T) {
	sub := func(index int, codec string) ffmpeg.Stream {
		return ffmpeg.Stream{Index: index, Type: ffmpeg.Subtitle, Codec: codec, Decodable: ffmpeg.CanDecode(codec)}
	}
	streams := []ffmpeg.Stream{{Type: ffmpeg.Video, Decodable: true}, sub(1, "hdmv_pgs_subtitle"), sub(2, "mov_text"), sub(3, "dvd_subtitle"), sub(4, "webvtt"), sub(5, "eia_608")}
	text, pictures := chooseCaptions(streams)
	if len(text) != 2 || text[0].Index != 2 || text[1].Index != 4 || text[0].Name != "Captions" || pictures != 3 {
		t.Errorf("%+v, %d pictures", text, pictures)
	}
	for range 100 {
		streams = append(streams, sub(9, "subrip"))
	}
	if text, _ := chooseCaptions(streams); len(text) != 48 {
		t.Errorf("%d captions", len(text))
	}
}

func TestChaptersAreOrderly(t *testing.T) {
	s := time.Second
	part := func(start, end time.Duration, title string) ffmpeg.Chapter {
		return ffmpeg.Chapter{Start: start, End: end, Title: title}
	}
	flood := make([]ffmpeg.Chapter, 2000)
	for i := range flood {
		flood[i] = ffmpeg.Chapter{Start: time.Duration(i) * s, End: time.Duration(i+1) * s, Title: "x"}
	}
	for name, c := range map[string]struct {
		in       []ffmpeg.Chapter
		start, d time.Duration
		want     []ffmpeg.Chapter
	}{
		"none":     {},
		"shifted":  {[]ffmpeg.Chapter{part(10*s, 20*s, "a"), part(20*s, 30*s, "b")}, 10 * s, 15 * s, []ffmpeg.Chapter{part(0, 10*s, "a"), part(10*s, 15*s, "b")}},
		"nonsense": {[]ffmpeg.Chapter{part(-9*s, -5*s, "a"), part(90*s, 99*s, "b"), part(3*s, 2*s, "c"), part(1*s, 1*s, "d")}, 0, 15 * s, nil},
		"overlaps": {[]ffmpeg.Chapter{part(0, 10*s, "a"), part(5*s, 10*s, "b"), part(5*s, 12*s, "c")}, 0, 15 * s, []ffmpeg.Chapter{part(0, 5*s, "a"), part(5*s, 10*s, "b")}},
	} {
		if got := orderly(c.in, c.start, c.d); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := orderly(flood, 0, 2000*s); len(got) != maxChapters || got[maxChapters-1].End != 2000*s {
		t.Errorf("%d chapters", len(got))
	}
}

func TestTiles(t *testing.T) {
	for in, want := range map[[2]int][2]int{{426, 240}: {160, 90}, {240, 426}: {90, 160}, {320, 240}: {160, 120}, {4000, 16}: {160, 2}} {
		if w, h := tileSize(in[0], in[1]); [2]int{w, h} != want {
			t.Errorf("%v: %d×%d", in, w, h)
		}
	}
	long := Plan{Parts: []Part{{FirstSegment: 0, Segments: 4}, {FirstSegment: 4, Segments: 21_596}}} // a day
	if step := long.boardStep(); (long.segments()+step-1)/step > maxTiles {
		t.Errorf("%d segments to a tile", step)
	}
}
