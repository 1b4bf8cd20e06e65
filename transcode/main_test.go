package transcode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

func TestMain(m *testing.M) {
	ffmpeg.MaybeSandbox()
	os.Exit(m.Run())
}

// newTranscoder returns a transcoder over the real ffmpeg.
func newTranscoder(t testing.TB, change func(*Config)) *Transcoder {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := ffmpeg.New(ffmpeg.Config{}, log)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Runner: runner}
	if change != nil {
		change(&cfg)
	}
	tr, err := New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// small is a profile with short parts and one rung, for short clips.
func small(c *Config) {
	p := Standard()
	p.Name, p.FirstPart, p.Part = "test", 1, 1
	p.Preset = "ultrafast"
	c.Profile = p
}

// clip makes a source with ffmpeg and returns its path.
func clip(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := append([]string{"-nostdin", "-v", "error", "-y"}, append(args, path)...)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("making a clip: %v\n%s", err, out)
	}
	return path
}

// folder is a sink that keeps the release's files.
type folder struct {
	dir string
	mu  sync.Mutex

	segments map[string][]Produced
	parts    map[string]map[int]bool
	order    []string
	first    time.Time
	stop     func(Produced) error
	loose    bool // a segment may come again with other bytes
}

func newFolder(t testing.TB) *folder {
	return &folder{dir: t.TempDir(), segments: map[string][]Produced{}, parts: map[string]map[int]bool{}}
}

func (f *folder) Segment(_ context.Context, p Produced) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stop != nil {
		if err := f.stop(p); err != nil {
			return err
		}
	}
	raw, err := os.ReadFile(p.LocalPath)
	if err != nil {
		return err
	}
	path := filepath.Join(f.dir, p.ReleasePath)
	if old, err := os.ReadFile(path); err == nil && !f.loose && !bytes.Equal(old, raw) {
		return fmt.Errorf("%s: made again with other bytes: %w", p.ReleasePath, models.ErrCorrupt)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if f.first.IsZero() && p.Number == 0 && p.Rendition[0] == 'v' {
		f.first = time.Now()
	}
	f.order = append(f.order, p.ReleasePath)
	f.segments[p.Rendition] = append(f.segments[p.Rendition], p)
	return os.WriteFile(path, raw, 0o644)
}

func (f *folder) PartDone(_ context.Context, rendition string, part int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts[rendition] == nil {
		f.parts[rendition] = map[int]bool{}
	}
	f.parts[rendition][part] = true
	return nil
}

func (f *folder) done(rendition string, part int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.parts[rendition][part]
}

// joined writes init and segments of a rendition into one file.
func (f *folder) joined(t testing.TB, rendition string) string {
	t.Helper()
	var all bytes.Buffer
	for n := -1; ; n++ {
		name := hls.SegmentPath(rendition, n)
		if n < 0 {
			name = hls.InitPath(rendition)
		}
		raw, err := os.ReadFile(filepath.Join(f.dir, name))
		if err != nil {
			if n < 1 {
				t.Fatalf("%s: %v", rendition, err)
			}
			break
		}
		all.Write(raw)
	}
	path := filepath.Join(f.dir, flat(rendition)+".mp4")
	if err := os.WriteFile(path, all.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// publish runs all of it.
func publish(t testing.TB, tr *Transcoder, source string, sink *folder) (Plan, Result) {
	t.Helper()
	m, err := tr.Inspect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	r, err := tr.Run(t.Context(), p, source, t.TempDir(), nil, sink, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, r
}

// explain returns an error with what ffmpeg logged.
func explain(err error) string {
	var run *ffmpeg.RunError
	if errors.As(err, &run) {
		return err.Error() + "\n" + run.Stderr
	}
	return err.Error()
}
