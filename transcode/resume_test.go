package transcode

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runnel/models"
)

// twoRungs is a profile with a small ladder.
func twoRungs(c *Config) {
	small(c)
	c.Profile.Rungs = []Rung{{Size: 90, CRF: "24", MaxRate: 64_000}, {Size: 180, CRF: "23", MaxRate: 150_000}}
}

// ladderClip is a film with two rungs in three parts and two languages.
func ladderClip(t *testing.T) string {
	return clip(t, "source.mkv",
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=14", "-f", "lavfi", "-i", "sine=frequency=300:d=14",
		"-f", "lavfi", "-i", "sine=frequency=500:d=14", "-map", "0", "-map", "1", "-map", "2",
		"-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng", "-disposition:a:1", "default", "-disposition:a:0", "0",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "200", "-c:a", "libvorbis", "-ac", "2")
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("nothing to compare")
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s differs or is missing", what, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is too many", what, name)
		}
	}
}

func TestSameBytesWhateverTheOrder(t *testing.T) {
	tr, source := newTranscoder(t, twoRungs), ladderClip(t)
	one := newFolder(t)
	p, r := publish(t, tr, source, one)
	want := files(t, one.dir)
	if got := ids(p.Renditions); !slices.Equal(got, []string{
		"v/90p25", "v/180p25", "a/aac-64-2/0-en", "a/aac-64-2/1-de", "a/aac-128-2/0-en", "a/aac-128-2/1-de",
	}) {
		t.Errorf("renditions %v", got)
	}
	if r.Loudness == nil || r.Poster == "" || !strings.HasPrefix(r.Renditions[0].Codec, "avc1.42") {
		t.Errorf("result %+v", r)
	}

	t.Run("again", func(t *testing.T) {
		two := newFolder(t)
		publish(t, tr, source, two)
		same(t, "second run", files(t, two.dir), want)
	})
	t.Run("one rung ahead", func(t *testing.T) {
		ahead, sink := p, newFolder(t)
		ahead.Ahead = "v/180p25"
		if _, err := tr.Run(t.Context(), ahead, source, t.TempDir(), nil, sink, nil); err != nil {
			t.Fatal(explain(err))
		}
		same(t, "one rung ahead", files(t, sink.dir), want)
		first := slices.Index(sink.order, "v/180p25/00/00000.m4s")
		other := slices.Index(sink.order, "v/90p25/00/00000.m4s")
		if first < 0 || other < first {
			t.Errorf("the other rung began at %d, before the first at %d", other, first)
		}
	})
}

func ids(rs []models.Rendition) []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.ID)
	}
	return out
}

func TestInterruptedRunsGiveTheSameBytes(t *testing.T) {
	tr, source := newTranscoder(t, twoRungs), ladderClip(t)
	m, err := tr.Inspect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	whole := newFolder(t)
	if _, err := tr.Run(t.Context(), p, source, t.TempDir(), nil, whole, nil); err != nil {
		t.Fatal(explain(err))
	}
	want := files(t, whole.dir)

	sink, dir := newFolder(t), t.TempDir()
	for _, at := range []string{"v/90p25/00/00000.m4s", "v/180p25/00/00002.m4s", "a/aac-64-2/0-en/00/00002.m4s", "v/90p25/00/00003.m4s"} {
		ctx, cancel := context.WithCancel(t.Context())
		sink.stop = func(s Produced) error {
			if s.ReleasePath == at {
				cancel()
			}
			return nil
		}
		_, err := tr.Run(ctx, p, source, dir, sink.done, sink, nil)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %s: %s", at, explain(err))
		}
		for name, got := range files(t, sink.dir) {
			if got != want[name] {
				t.Fatalf("stopped at %s: %s differs", at, name)
			}
		}
	}
	sink.stop = nil
	made := len(sink.order)
	r, err := tr.Run(t.Context(), p, source, dir, sink.done, sink, nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	same(t, "continued run", files(t, sink.dir), want)
	if again := len(sink.order) - made; again >= len(want) {
		t.Errorf("the last run made %d files, all of them again", again)
	}

	t.Run("nothing left to do", func(t *testing.T) {
		before := len(sink.order)
		again, err := tr.Run(t.Context(), p, source, dir, sink.done, sink, nil)
		if err != nil {
			t.Fatal(explain(err))
		}
		if len(sink.order) != before {
			t.Errorf("made %v again", sink.order[before:])
		}
		if again.Renditions[0].Codec != r.Renditions[0].Codec || *again.Loudness != *r.Loudness {
			t.Errorf("other result: %+v, want %+v", again, r)
		}
	})
	t.Run("facts lost", func(t *testing.T) {
		again, err := tr.Run(t.Context(), p, source, t.TempDir(), sink.done, sink, nil)
		if err != nil {
			t.Fatal(explain(err))
		}
		if again.Renditions[0].Codec == "" || again.Loudness == nil {
			t.Errorf("result %+v", again)
		}
		same(t, "after losing facts", files(t, sink.dir), want)
	})
}

func TestSinkErrorStopsTheRun(t *testing.T) {
	tr, source := newTranscoder(t, twoRungs), ladderClip(t)
	m, err := tr.Inspect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	sink := newFolder(t)
	sink.stop = func(s Produced) error {
		if s.Number == 1 {
			return full
		}
		return nil
	}
	if _, err := tr.Run(t.Context(), p, source, t.TempDir(), nil, sink, nil); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestProgressRisesToOne(t *testing.T) {
	tr, source := newTranscoder(t, twoRungs), ladderClip(t)
	m, err := tr.Inspect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	var seen []float64
	sink, dir := newFolder(t), t.TempDir()
	if _, err := tr.Run(t.Context(), p, source, dir, nil, sink, func(f float64) { seen = append(seen, f) }); err != nil {
		t.Fatal(explain(err))
	}
	if len(seen) < 3 || !slices.IsSorted(seen) || seen[len(seen)-1] < 0.999 || seen[len(seen)-1] > 1 {
		t.Errorf("progress %v", seen)
	}
	left := slices.Sorted(maps.Keys(files(t, dir)))
	for _, name := range left {
		if !strings.HasPrefix(name, "/facts/") && !strings.HasPrefix(name, "/stills/") && !strings.HasPrefix(name, "/board/") && !strings.HasPrefix(name, "/beside/") && !strings.HasPrefix(name, "/moments/") {
			t.Errorf("left behind: %s", name)
		}
	}
}
