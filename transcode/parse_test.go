package transcode

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"runnel/models"
)

func TestEndsOfStreams(t *testing.T) {
	e := newEndReader()
	for _, s := range []string{"0|1.5|1.5|0.04\n1|1.", "6|1.6|0.02\n0|1.4|1.6|0.04\n", "2|N/A|N/A|N/A\nnonsense\n3|nan|nan|1\n4|7\n"} {
		if n, err := e.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	want := map[int]time.Duration{0: 1540 * time.Millisecond, 1: 1620 * time.Millisecond, 4: 7 * time.Second}
	if !maps.Equal(e.ends, want) {
		t.Errorf("got %v, want %v", e.ends, want)
	}
	want = map[int]time.Duration{0: 1500 * time.Millisecond, 1: 1600 * time.Millisecond, 4: 7 * time.Second}
	if !maps.Equal(e.last, want) {
		t.Errorf("got %v, want %v", e.last, want)
	}
}

func FuzzEnds(f *testing.F) {
	f.Add([]byte("0|1.5|1.5|0.04\n1|1.6|N/A|0.02\n"))
	f.Add([]byte("0|-1e300|1|inf\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := newEndReader()
		_, _ = e.Write(data)
		e.line(e.rest)
		for i, end := range e.ends {
			if end.Abs() > 1e9*time.Second {
				t.Errorf("stream %d ends at %v", i, end)
			}
		}
	})
}

const report = `[Parsed_ebur128_6 @ 0x55] Summary:

  Integrated loudness:
    I:         -21.4 LUFS
    Threshold: -32.0 LUFS

  Loudness range:
    LRA:        18.2 LU
    Threshold: -42.1 LUFS
    LRA low:   -36.6 LUFS
    LRA high:  -18.4 LUFS

  True peak:
    Peak:       -1.3 dBFS
`

func TestLoudnessReport(t *testing.T) {
	got, ok := parseLoudness([]byte("noise\n" + report))
	if want := (models.Loudness{Integrated: -21.4, Range: 18.2, TruePeak: -1.3}); !ok || got != want {
		t.Errorf("got %+v %v, want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "Summary:", "Summary: I: -70.0 LUFS LRA: 0.0 LU Peak: -inf dBFS", "Summary: I: x LUFS LRA: 0 LU Peak: 1 dBFS"} {
		if got, ok := parseLoudness([]byte(bad)); ok {
			t.Errorf("%q: got %+v", bad, got)
		}
	}
}

func FuzzLoudness(f *testing.F) {
	f.Add([]byte(report))
	f.Fuzz(func(t *testing.T, log []byte) {
		got, _ := parseLoudness(log)
		if math.IsNaN(got.Integrated + got.Range + got.TruePeak) {
			t.Errorf("got %+v", got)
		}
	})
}

func FuzzSegment(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x18stypmsdh\x00\x00\x00\x00msdhmsix"))
	f.Add([]byte("\x00\x00\x00\x08moov"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := readSegment(path); err == nil && s.Samples <= 0 {
			t.Errorf("got %+v", s)
		}
		_, _ = readInit(path)
	})
}

func TestLanguages(t *testing.T) {
	for tag, want := range map[string]string{"eng": "en", "ger": "de", "deu": "de", "": "und", "und": "und", "../x": "und", "fr-CA": "fr", "zxx": "zxx"} {
		if got := languageOf(tag); got != want {
			t.Errorf("%q: got %q, want %q", tag, got, want)
		}
	}
	if got := menuName("", "de", 0); got != "Deutsch" {
		t.Errorf("got %q", got)
	}
	if got := menuName("", "und", 1); got != "Audio 2" {
		t.Errorf("got %q", got)
	}
}
