package hls

import (
	"bytes"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/hls-m3u8/m3u8"

	"runnel/models"
)

func video(height, bandwidth int, fps *big.Rat, live bool) models.Rendition {
	id := map[int]string{240: "v/240p24", 360: "v/360p24", 720: "v/720p24", 1080: "v/1080p24"}[height]
	return models.Rendition{
		ID: id, Media: models.MediaVideo, Codec: "avc1.64001e", Width: height * 16 / 9 / 2 * 2, Height: height,
		FrameRate: fps, Cap: bandwidth * 5 / 4, Live: live, Bandwidth: bandwidth, AverageBandwidth: bandwidth * 3 / 4,
	}
}

func audio(group, lang, name, codec string, channels, bandwidth int) models.Rendition {
	return models.Rendition{
		ID: "a/" + group + "/0-" + lang, Media: models.MediaAudio, Codec: codec, Channels: channels, Group: group,
		Language: lang, Name: name, Cap: bandwidth + 4000, Live: true, Bandwidth: bandwidth, AverageBandwidth: bandwidth - 2000,
	}
}

func film() []models.Rendition {
	ntsc := big.NewRat(24000, 1001)
	return []models.Rendition{
		video(1080, 5_800_000, ntsc, false), video(720, 2_900_000, ntsc, false), video(360, 900_000, ntsc, true),
		video(240, 400_000, ntsc, true),
		audio("aac-128-2", "en", "English", "mp4a.40.2", 2, 131_000), audio("aac-128-2", "und", `My "best" track`, "mp4a.40.2", 2, 131_500),
		audio("aac-64-2", "en", "English", "mp4a.40.2", 2, 66_000), audio("aac-64-2", "und", "English", "mp4a.40.2", 2, 66_000),
		audio("aac-384-6", "en", "English", "mp4a.40.2", 6, 388_000),
	}
}

func track() []models.Rendition {
	return []models.Rendition{
		audio("aac-256-2", "und", "", "mp4a.40.2", 2, 258_000), audio("aac-64-2", "und", "", "mp4a.40.2", 2, 66_000),
		audio("flac-0-2", "und", "", "fLaC", 2, 900_000),
	}
}

func seconds(list ...float64) []models.Segment {
	out := []models.Segment{{Number: models.InitNumber, File: models.File{Size: 700}}}
	for i, s := range list {
		out = append(out, models.Segment{
			Number: i, Duration: time.Duration(s * float64(time.Second)), KeyBytes: int64(1000 + i),
			File: models.File{Size: int64(s * 100_000)},
		})
	}
	return out
}

func many(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 4.004
	}
	return out
}

func TestGoldenPlaylists(t *testing.T) {
	masters := map[string]Master{
		"film-master.m3u8":    MasterFor(film(), MasterOptions{}),
		"film-live.m3u8":      MasterFor(film(), MasterOptions{Live: true}),
		"film-iframes.m3u8":   MasterFor(film(), MasterOptions{IFrames: map[string]Measured{"v/360p24": {Bandwidth: 90_000, AverageBandwidth: 70_000}}}),
		"silent-master.m3u8":  MasterFor(film()[:1], MasterOptions{}),
		"single-master.m3u8":  MasterFor(film()[1:2:2], MasterOptions{}),
		"track-master.m3u8":   MasterFor(track(), MasterOptions{}),
		"flac-master.m3u8":    MasterFor(track()[2:], MasterOptions{}),
		"spoken-master.m3u8":  MasterFor(film()[4:8], MasterOptions{}),
		"nothing-master.m3u8": MasterFor(film()[:1], MasterOptions{Live: true}),
	}
	for name, m := range masters {
		text := m.Encode()
		golden(t, name, text)
		again, err := ParseMaster(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(again.Encode(), text) {
			t.Errorf("%s changed:\n%s", name, again.Encode())
		}
	}
	media := map[string]Media{
		"vod.m3u8":    MediaFor(seconds(2, 4.004, 3.9, 0.51234567), MediaOptions{Type: VOD, End: true}),
		"event.m3u8":  MediaFor(seconds(2), MediaOptions{Type: Event, Target: 4 * time.Second}),
		"iframe.m3u8": IFrameFor(seconds(2, 4, 4)),
	}
	for name, m := range media {
		text := m.Encode()
		golden(t, name, text)
		again, err := ParseMedia(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(again.Encode(), text) {
			t.Errorf("%s changed:\n%s", name, again.Encode())
		}
	}
}

// Another implementation reads what ours writes, strictly.
func TestAnotherParserAgrees(t *testing.T) {
	master := MasterFor(film(), MasterOptions{})
	list, kind, err := m3u8.DecodeFrom(bytes.NewReader(master.Encode()), true)
	if err != nil || kind != m3u8.MASTER {
		t.Fatal(kind, err)
	}
	theirs := list.(*m3u8.MasterPlaylist)
	var variants, iframes int
	for _, v := range theirs.Variants {
		if v.Iframe {
			iframes++
			continue
		}
		ours := master.Variants[variants]
		if int(v.Bandwidth) != ours.Bandwidth || int(v.AverageBandwidth) != ours.AverageBandwidth || v.Codecs != ours.Codecs ||
			v.URI != ours.URI || v.Audio != ours.Audio || int(v.FrameRate*1000+0.5) != ours.FrameRate {
			t.Errorf("variant %d: %+v, ours %+v", variants, v.VariantParams, ours)
		}
		variants++
	}
	if variants != len(master.Variants) || iframes != len(master.IFrames) || len(theirs.GetAllAlternatives()) != len(master.Audio) {
		t.Errorf("%d variants, %d I-frame variants, %d audio", variants, iframes, len(theirs.GetAllAlternatives()))
	}
	media := MediaFor(seconds(many(300)...), MediaOptions{Type: VOD, End: true})
	list, kind, err = m3u8.DecodeFrom(bytes.NewReader(media.Encode()), true)
	if err != nil || kind != m3u8.MEDIA {
		t.Fatal(kind, err)
	}
	m := list.(*m3u8.MediaPlaylist)
	if m.Count() != 300 || !m.Closed || m.Map.URI != "init.mp4" || m.TargetDuration != 4 || m.Segments[256].URI != "01/00256.m4s" {
		t.Errorf("%d segments, closed %v, target %d", m.Count(), m.Closed, m.TargetDuration)
	}
}

// The rules of RFC 8216bis and Apple that a golden file does not explain.
func TestMasterRules(t *testing.T) {
	m := MasterFor(film(), MasterOptions{})
	used, pairs := map[string]bool{}, map[string]bool{}
	for _, v := range m.Variants {
		used[v.Audio], pairs[v.URI+" "+v.Audio] = true, true
		if v.AverageBandwidth > v.Bandwidth {
			t.Errorf("%s: average above peak", v.URI)
		}
	}
	if len(used) != 3 || len(pairs) != len(m.Variants) {
		t.Errorf("groups %v, %d pairs of %d", used, len(pairs), len(m.Variants))
	}
	for pair, want := range map[string]bool{
		"v/240p24/index.m3u8 aac-64-2": true, "v/1080p24/index.m3u8 aac-64-2": false, "v/240p24/index.m3u8 aac-128-2": false,
		"v/1080p24/index.m3u8 aac-128-2": true, "v/240p24/index.m3u8 aac-384-6": true,
	} {
		if pairs[pair] != want {
			t.Errorf("%s: %v", pair, pairs[pair])
		}
	}
	names, defaults := map[string]bool{}, map[string]int{}
	for _, a := range m.Audio {
		if names[a.Group+"\x00"+a.Name] {
			t.Errorf("name %q twice in %s", a.Name, a.Group)
		}
		names[a.Group+"\x00"+a.Name] = true
		if a.Default {
			defaults[a.Group]++
		}
	}
	if !reflect.DeepEqual(defaults, map[string]int{"aac-128-2": 1, "aac-64-2": 1, "aac-384-6": 1}) {
		t.Errorf("defaults %v", defaults)
	}
	if v := m.Variants[0]; v.URI != "v/360p24/index.m3u8" || v.Audio != "aac-64-2" {
		t.Errorf("starts with %+v", v)
	}
}

func TestEveryGroupIsUsed(t *testing.T) {
	groups := []models.Rendition{
		audio("aac-64-2", "und", "", "mp4a.40.2", 2, 66_000), audio("aac-96-2", "und", "", "mp4a.40.2", 2, 98_000),
		audio("aac-128-2", "und", "", "mp4a.40.2", 2, 131_000),
	}
	for _, heights := range [][]int{{240}, {1080}, {240, 360}, {720, 1080}, {240, 360, 720, 1080}} {
		list := append([]models.Rendition{}, groups...)
		for _, h := range heights {
			list = append(list, video(h, h*3000, big.NewRat(24, 1), true))
		}
		used, rungs := map[string]bool{}, map[string]bool{}
		for _, v := range MasterFor(list, MasterOptions{}).Variants {
			used[v.Audio], rungs[v.URI] = true, true
		}
		if len(used) != 3 || len(rungs) != len(heights) {
			t.Errorf("%v: groups %v, rungs %v", heights, used, rungs)
		}
	}
}

func TestLiveDeclaresCaps(t *testing.T) {
	m := MasterFor(film(), MasterOptions{Live: true})
	if !m.FromStart || len(m.IFrames) != 0 {
		t.Errorf("from start %v, %d I-frame variants", m.FromStart, len(m.IFrames))
	}
	for _, v := range m.Variants {
		if v.URI != "v/240p24/index.m3u8" && v.URI != "v/360p24/index.m3u8" {
			t.Errorf("names %s", v.URI)
		}
		if v.URI == "v/360p24/index.m3u8" && v.Audio == "aac-64-2" && v.Bandwidth != 900_000*5/4+70_000 {
			t.Errorf("bandwidth %d", v.Bandwidth)
		}
	}
}

func TestMediaStopsAtTheFirstGap(t *testing.T) {
	segs := seconds(4, 4, 4, 4)
	segs = append(segs[:3], segs[4]) // 0, 1, 3
	segs[0], segs[2] = segs[2], segs[0]
	m := MediaFor(segs, MediaOptions{Type: Event})
	if len(m.Segments) != 2 || m.Segments[1].URI != "00/00001.m4s" {
		t.Errorf("segments %v", m.Segments)
	}
}

func TestMeasure(t *testing.T) {
	segment := func(n int, d time.Duration, size, key int64) models.Segment {
		return models.Segment{Number: n, Duration: d, KeyBytes: key, File: models.File{Size: size}}
	}
	initial := models.Segment{Number: models.InitNumber, File: models.File{Size: 1000}}
	tests := map[string]struct {
		segs []models.Segment
		want Measured
	}{
		"none":         {nil, Measured{}},
		"one short":    {[]models.Segment{initial, segment(0, 200*time.Millisecond, 1000, 10)}, Measured{40_000, 40_000, 1, 200 * time.Millisecond, 2000}},
		"a peak":       {[]models.Segment{segment(0, 4*time.Second, 1000, 10), segment(1, 4*time.Second, 4000, 10), segment(2, 4*time.Second, 1000, 10)}, Measured{8000, 4000, 3, 12 * time.Second, 6000}},
		"short is out": {[]models.Segment{segment(0, 4*time.Second, 4000, 10), segment(1, time.Second, 8000, 10)}, Measured{19_200, 19_200, 2, 5 * time.Second, 12_000}},
	}
	for name, test := range tests {
		if got := Measure(test.segs); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	if got := MeasureIFrames(tests["a peak"].segs); got.Bandwidth != 20 {
		t.Errorf("I-frames %+v", got)
	}
	var r models.Rendition
	Measure(tests["a peak"].segs).Apply(&r)
	if r.Bandwidth != 8000 || r.Bytes != 6000 || r.Segments != 3 {
		t.Errorf("applied %+v", r)
	}
}

func TestPaths(t *testing.T) {
	for want, got := range map[string]string{
		"v/360p24/00/00003.m4s":         SegmentPath("v/360p24", 3),
		"v/360p24/01/00256.m4s":         SegmentPath("v/360p24", 256),
		"v/360p24/99/25599.m4s":         SegmentPath("v/360p24", 25599),
		"v/360p24/100/25600.m4s":        SegmentPath("v/360p24", 25600),
		"a/aac-128-2/0-und/init.mp4":    InitPath("a/aac-128-2/0-und"),
		"a/aac-128-2/0-und/index.m3u8":  PlaylistPath("a/aac-128-2/0-und"),
		"a/aac-128-2/0-und/iframe.m3u8": IFramePath("a/aac-128-2/0-und"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

const mediaHead = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"

func TestHostileMedia(t *testing.T) {
	for name, text := range map[string]string{
		"empty":             "",
		"not a playlist":    "<html>",
		"byte order mark":   "\ufeff" + mediaHead,
		"absolute URI":      mediaHead + "#EXTINF:4,\nhttp://127.0.0.1/x\n",
		"file URI":          mediaHead + "#EXTINF:4,\nfile:///etc/passwd\n",
		"root path":         mediaHead + "#EXTINF:4,\n/etc/passwd\n",
		"parent":            mediaHead + "#EXTINF:4,\n00/../../x\n",
		"backslash":         mediaHead + "#EXTINF:4,\n..\\x\n",
		"escape":            mediaHead + "#EXTINF:4,\n%2e%2e/x\n",
		"query":             mediaHead + "#EXTINF:4,\nx?y\n",
		"key":               mediaHead + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:4,\nx\n",
		"define":            mediaHead + "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n",
		"map elsewhere":     mediaHead + "#EXT-X-MAP:URI=\"../x\"\n",
		"map with range":    mediaHead + "#EXT-X-MAP:URI=\"x\",BYTERANGE=\"1@0\"\n",
		"discontinuity":     mediaHead + "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nx\n",
		"no duration":       mediaHead + "x\n",
		"two durations":     mediaHead + "#EXTINF:4,\n#EXTINF:4,\nx\n",
		"negative":          mediaHead + "#EXTINF:-4,\nx\n",
		"not a number":      mediaHead + "#EXTINF:nan,\nx\n",
		"exponent":          mediaHead + "#EXTINF:1e1,\nx\n",
		"huge number":       mediaHead + "#EXTINF:99999999999999999999,\nx\n",
		"title":             mediaHead + "#EXTINF:4,title\nx\n",
		"too long":          mediaHead + "#EXTINF:5,\nx\n",
		"no target":         "#EXTM3U\n#EXT-X-VERSION:7\n",
		"target zero":       "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:0\n",
		"version":           "#EXTM3U\n#EXT-X-VERSION:70\n#EXT-X-TARGETDURATION:4\n",
		"sequence":          mediaHead + "#EXT-X-MEDIA-SEQUENCE:3\n",
		"type":              mediaHead + "#EXT-X-PLAYLIST-TYPE:LIVE\n",
		"twice":             mediaHead + "#EXT-X-VERSION:7\n",
		"after the end":     mediaHead + "#EXT-X-ENDLIST\n#EXTINF:4,\nx\n",
		"head among others": mediaHead + "#EXTINF:4,\nx\n#EXT-X-MAP:URI=\"y\"\n",
		"cut":               mediaHead + "#EXTINF:4,\n",
		"carriage return":   mediaHead + "#EXTINF:4,\r\nx\r\n",
		"zero byte":         mediaHead + "#EXTINF:4,\nx\x00\n",
		"long line":         mediaHead + "#" + strings.Repeat("x", maxLine) + "\n",
		"offset":            mediaHead + "#EXTINF:4,\n#EXT-X-BYTERANGE:5@1\nx\n",
		"too many":          mediaHead + strings.Repeat("#EXTINF:4,\nx\n", maxSegments+1),
		"too large":         mediaHead + strings.Repeat("#\n", maxBytes/2),
	} {
		if m, err := ParseMedia(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, m)
		}
	}
	if _, err := ParseMedia(strings.NewReader(mediaHead + "#EXTINF:4,\nx\n")); err != nil {
		t.Errorf("the harmless one: %v", err)
	}
}

func TestHostileMaster(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-VERSION:7\n"
	const variant = "#EXT-X-STREAM-INF:BANDWIDTH=1\nx\n"
	for name, text := range map[string]string{
		"no version":       "#EXTM3U\n" + variant,
		"media playlist":   mediaHead + "#EXTINF:4,\nx\n",
		"absolute URI":     head + "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://example.com/x\n",
		"no URI":           head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n",
		"URI alone":        head + "x\n",
		"tag for URI":      head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx\n",
		"no bandwidth":     head + "#EXT-X-STREAM-INF:CODECS=\"a\"\nx\n",
		"huge bandwidth":   head + "#EXT-X-STREAM-INF:BANDWIDTH=99999999999999999\nx\n",
		"unknown group":    head + "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nx\n",
		"unknown key":      head + "#EXT-X-STREAM-INF:BANDWIDTH=1,SCORE=1\nx\n",
		"attribute twice":  head + "#EXT-X-STREAM-INF:BANDWIDTH=1,BANDWIDTH=1\nx\n",
		"open quote":       head + "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a\nx\n",
		"no quotes":        head + "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=a\nx\n",
		"resolution":       head + "#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=0x0\nx\n",
		"trailing comma":   head + "#EXT-X-STREAM-INF:BANDWIDTH=1,\nx\n",
		"start in the end": head + "#EXT-X-START:TIME-OFFSET=-3\n" + variant,
		"session data":     head + "#EXT-X-SESSION-DATA:DATA-ID=\"a\",URI=\"x\"\n" + variant,
		"steering":         head + "#EXT-X-CONTENT-STEERING:SERVER-URI=\"x\"\n" + variant,
		"subtitles":        head + "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"a\",NAME=\"b\",URI=\"x\"\n" + variant,
		"audio elsewhere":  head + "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"b\",URI=\"//x/y\"\n" + variant,
		"terminal codes":   head + "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"\x1b[2J\",URI=\"x\"\n" + variant,
		"too many":         head + strings.Repeat(variant, maxEntries+1),
	} {
		if m, err := ParseMaster(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, m)
		}
	}
	if _, err := ParseMaster(strings.NewReader(head + variant)); err != nil {
		t.Errorf("the harmless one: %v", err)
	}
}

func FuzzParseMedia(f *testing.F) {
	for _, m := range []Media{MediaFor(seconds(2, 4), MediaOptions{Type: VOD, End: true}), IFrameFor(seconds(2, 4))} {
		f.Add(string(m.Encode()))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMedia(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ParseMedia(bytes.NewReader(m.Encode()))
		if err != nil {
			t.Fatalf("%v\n%s", err, m.Encode())
		}
		again.version, m.version = 0, 0
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v became %+v", m, again)
		}
	})
}

func FuzzParseMaster(f *testing.F) {
	for _, opts := range []MasterOptions{{}, {Live: true}} {
		m := MasterFor(film(), opts)
		f.Add(string(m.Encode()))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMaster(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ParseMaster(bytes.NewReader(m.Encode()))
		if err != nil {
			t.Fatalf("%v\n%s", err, m.Encode())
		}
		again.version, m.version = 0, 0
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v became %+v", m, again)
		}
	})
}
