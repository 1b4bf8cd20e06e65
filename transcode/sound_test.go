package transcode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"runnel/transcode/hls"
)

// surround has a tone of its own in each channel: left, right, centre, low,
// back left, back right.
const surround = "aevalsrc=0.9*sin(2*PI*500*t)|0.9*sin(2*PI*700*t)|0.9*sin(2*PI*900*t)|0.9*sin(2*PI*60*t)|0.9*sin(2*PI*1100*t)|0.9*sin(2*PI*1300*t):c=5.1:s=48000:d=1.5"

func TestLanguagesAndSurroundAreGroups(t *testing.T) {
	tr := newTranscoder(t, small)
	source := clip(t, "source.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1.5", "-f", "lavfi", "-i", "sine=f=300:r=44100:d=1.5", "-f", "lavfi", "-i", surround,
		"-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac",
		"-metadata:s:a:0", "language=fra", "-metadata:s:a:1", "language=eng", "-disposition:a:0", "0", "-disposition:a:1", "default")
	sink := newFolder(t)
	p, r := publish(t, tr, source, sink)
	checkWhole(t, &p, r, sink, p.Duration)
	var got []string
	for _, v := range r.Renditions[1:] {
		got = append(got, fmt.Sprintf("%s %s %d %s", v.ID, v.Language, v.Channels, v.Codec))
	}
	want := []string{
		"a/aac-64-2/0-en en 2 mp4a.40.2", "a/aac-64-2/1-fr fr 2 mp4a.40.2", "a/aac-128-2/0-en en 2 mp4a.40.2", "a/aac-128-2/1-fr fr 2 mp4a.40.2",
		"a/aac-384-6/0-en en 6 mp4a.40.2",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
	whole := decodeSamples(t, sink.joined(t, "a/aac-384-6/0-en"), 6)
	for channel, hertz := range []float64{500, 700, 900, 60, 1100, 1300} {
		if level := tone(whole, 6, channel, hertz); level < 0.8 {
			t.Errorf("channel %d has %.2f of its tone", channel, level)
		}
	}
	// Left and right have their own, the centre and their side, and no peak is cut.
	stereo := decodeSamples(t, sink.joined(t, "a/aac-128-2/0-en"), 2)
	for channel, tones := range [][]float64{{500, 900, 1100}, {700, 900, 1300}} {
		for _, hertz := range tones {
			if level := tone(stereo, 2, channel, hertz); level < 0.2 {
				t.Errorf("side %d has %.2f of %.0f Hz", channel, level, hertz)
			}
		}
	}
	for i, s := range stereo {
		if s == math.MaxInt32 || s == math.MinInt32 {
			t.Fatalf("cut at sample %d", i)
		}
	}
	checkGroups(t, hls.MasterFor(r.Renditions, hls.MasterOptions{Live: true}))
}

// checkGroups holds a master against RFC 8216bis §4.4.6.1.1: groups of one type
// have the same members, told alike but for where they are and their channels.
func checkGroups(t *testing.T, m hls.Master) {
	t.Helper()
	members := map[string][]hls.Audio{}
	for _, a := range m.Audio {
		group := a.Group
		a.Group, a.URI, a.Channels = "", "", 0
		members[group] = append(members[group], a)
	}
	for _, v := range m.Variants {
		if len(members[v.Audio]) == 0 || v.Codecs == "" {
			t.Errorf("variant %+v", v)
		}
	}
	for group, list := range members {
		if !slices.Equal(list, members[m.Audio[0].Group]) {
			t.Errorf("group %s has %+v", group, list)
		}
	}
	if len(members) != 3 {
		t.Errorf("groups %+v", members)
	}
}

// tone is the amplitude of a frequency in one channel at 48 kHz.
func tone(samples []int32, channels, channel int, hertz float64) float64 {
	var re, im float64
	n := 0
	for i := 24000*channels + channel; i < 60000*channels && i < len(samples); i += channels {
		v, at := float64(samples[i])/math.MaxInt32, 2*math.Pi*hertz*float64(n)/48000
		re, im = re+v*math.Cos(at), im+v*math.Sin(at)
		n++
	}
	return 2 * math.Hypot(re, im) / float64(n)
}

// wave writes a WAV file of 16 or 24 bits.
func wave(t testing.TB, name string, rate, channels, bits int, samples []int32) string {
	t.Helper()
	var data bytes.Buffer
	for _, s := range samples {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], uint32(s)>>(32-bits))
		data.Write(b[:bits/8])
	}
	var head bytes.Buffer
	head.WriteString("RIFF")
	for _, v := range []any{
		uint32(36 + data.Len()), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(channels), uint32(rate), uint32(rate * channels * bits / 8),
		uint16(channels * bits / 8), uint16(bits), []byte("data"), uint32(data.Len()),
	} {
		if err := binary.Write(&head, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, append(head.Bytes(), data.Bytes()...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// noise fills samples of some bits with every value that they can have.
func noise(n, bits int) []int32 {
	out := make([]int32, n)
	for i, x := 0, uint64(1); i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
		out[i] = int32(x>>32) &^ (1<<(32-bits) - 1)
	}
	return out
}

func TestLosslessIsLossless(t *testing.T) {
	tr := newTranscoder(t, nil)
	for _, c := range []struct{ rate, channels, bits int }{{44100, 2, 16}, {96000, 2, 24}, {48000, 1, 24}, {48000, 6, 24}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			length := c.rate + 12345
			if c.channels == 1 {
				length = 4 * c.rate // ends with a segment
			}
			samples := noise(length*c.channels, c.bits)
			sink := newFolder(t)
			p, r := publish(t, tr, wave(t, "a.wav", c.rate, c.channels, c.bits, samples), sink)
			checkWhole(t, &p, r, sink, p.Duration)
			v := r.Renditions[len(r.Renditions)-1]
			if want := fmt.Sprintf("flac-%d-%d", c.rate*c.channels*c.bits/1000, c.channels); v.Group != want || v.Codec != "fLaC" || v.SampleRate != c.rate {
				t.Fatalf("got %+v", v)
			}
			if got := decodeSamples(t, sink.joined(t, v.ID), c.channels); !slices.Equal(got, samples) {
				t.Errorf("%d samples became %d others", len(samples), len(got))
			}
			plain, extra := hls.MasterFor(r.Renditions, hls.MasterOptions{Live: false}), hls.LosslessFor(r.Renditions)
			for _, other := range plain.Variants {
				if other.URI == hls.PlaylistPath(v.ID) {
					t.Error("the plain master names it")
				}
			}
			if len(extra.Variants) != 1 || len(extra.Audio) != 1 || extra.Audio[0].Default || extra.Audio[0].AutoSelect || extra.Variants[0].Codecs != "fLaC" {
				t.Errorf("the lossless one says %+v", extra)
			}
		})
	}
}

func TestLossySourcesHaveNoFLAC(t *testing.T) {
	tr := newTranscoder(t, nil)
	for _, name := range []string{"a.mp3", "a.m4a"} {
		m, err := tr.Inspect(t.Context(), clip(t, name, "-f", "lavfi", "-i", "sine=d=0.5"))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := tr.Plan(m); err != nil || len(p.Renditions) != 3 {
			t.Errorf("%s: %v, %+v", name, err, p.Renditions)
		}
	}
}

// TestGaplessJoin cuts a recording in two at an odd sample and joins what is
// decoded of both, without priming and padding: it must be as long as the whole,
// to the sample, and at the seam as near to the recording as elsewhere.
func TestGaplessJoin(t *testing.T) {
	tr := newTranscoder(t, nil)
	const rate, all, cut = 44100, 2*44100 + 777, 44100 + 361
	whole := make([]int32, 2*all)
	for i := range all {
		s := float64(i) / rate
		v := int32(0.5*math.Sin(2*math.Pi*(220*s+200*s*s))*math.MaxInt16) << 16
		whole[2*i], whole[2*i+1] = v, -v
	}
	uncut := trimmed(t, tr, wave(t, "whole.wav", rate, 2, 16, whole))
	first := trimmed(t, tr, wave(t, "first.wav", rate, 2, 16, whole[:2*cut]))
	second := trimmed(t, tr, wave(t, "second.wav", rate, 2, 16, whole[2*cut:]))
	for id, want := range uncut {
		joined := append(slices.Clone(first[id]), second[id]...)
		if len(first[id]) != 2*cut || len(joined) != len(whole) || len(want) != len(whole) {
			t.Errorf("%s: %d and %d of %d samples", id, len(first[id])/2, len(second[id])/2, all)
			continue
		}
		if id == "a/flac-1411-2/0-und" {
			if !slices.Equal(joined, whole) {
				t.Errorf("%s: not the recording", id)
			}
			continue
		}
		seam := 2 * (cut - 2048)
		near, far := correlation(joined[seam:seam+8192], whole[seam:seam+8192]), correlation(joined, whole)
		nearUncut, farUncut := correlation(want[seam:seam+8192], whole[seam:seam+8192]), correlation(want, whole)
		worst := largest(joined[2*(cut-64):2*(cut+64)], whole[2*(cut-64):2*(cut+64)])
		t.Logf("%s: correlation %.5f at the seam (uncut %.5f), %.5f in all (%.5f); largest difference at the seam %.4f of full scale", id, near, nearUncut, far, farUncut, worst)
		// This ffmpeg spends too little on the first frame of a sound that begins at its
		// full level, at 256 kbit/s most of all.
		if near < nearUncut-0.01 || far < farUncut-0.001 || worst > 0.1 {
			t.Errorf("%s: a gap or a click", id)
		}
	}
}

// trimmed publishes a track and decodes its renditions without priming and
// padding.
func trimmed(t *testing.T, tr *Transcoder, source string) map[string][]int32 {
	t.Helper()
	sink := newFolder(t)
	_, r := publish(t, tr, source, sink)
	out := map[string][]int32{}
	for _, v := range r.Renditions {
		all := decodeSamples(t, sink.joined(t, v.ID), v.Channels)
		out[v.ID] = all[v.Priming*v.Channels : len(all)-v.Padding*v.Channels]
	}
	return out
}

// correlation is that of two signals.
func correlation(a, b []int32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

// largest is the largest difference of two signals, of full scale.
func largest(a, b []int32) float64 {
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i]))/math.MaxInt32)
	}
	return most
}

// TestNothingOfTheFileComesThrough looks for what a file says of itself in every
// byte that is published of it.
func TestNothingOfTheFileComesThrough(t *testing.T) {
	tr := newTranscoder(t, small)
	const canary = "CanaryOfTheSource"
	var tags []string
	for _, key := range []string{"title", "artist", "comment", "location", "encoder", "copyright", "com.apple.quicktime.location.ISO6709", "GPSLatitude", "creation_time"} {
		tags = append(tags, "-metadata", key+"="+canary)
	}
	chapters := filepath.Join(t.TempDir(), "chapters")
	if err := os.WriteFile(chapters, []byte(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle="+canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	film := []string{"-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1", "-i", chapters, "-map_metadata", "2", "-map_chapters", "2", "-map", "0", "-map", "1",
		"-metadata:s:v", "handler_name=" + canary, "-metadata:s:a", "title=" + canary, "-c:v", "libx264", "-preset", "ultrafast"}
	song := []string{"-f", "lavfi", "-i", "sine=d=0.5"}
	for name, args := range map[string][]string{"a.mp4": append(film, "-movflags", "use_metadata_tags"), "a.mkv": film, "a.flac": song, "a.mp3": song, "a.ogg": append(song, "-c:a", "flac")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := clip(t, name, append(slices.Clone(args), tags...)...)
			if raw, err := os.ReadFile(source); err != nil || !bytes.Contains(raw, []byte(canary)) {
				t.Fatal("the source does not hold it", err)
			}
			sink := newFolder(t)
			p, r := publish(t, tr, source, sink)
			if p.Tags["title"] != canary {
				t.Errorf("tags %v", p.Tags)
			}
			for _, dir := range []string{sink.dir, filepath.Dir(r.Poster)} {
				searchFor(t, dir, canary, name)
			}
		})
	}
}

// searchFor looks for texts in all files of a folder.
func searchFor(t *testing.T, dir string, texts ...string) {
	t.Helper()
	if dir == "." {
		return
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s holds %q", path, text)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
