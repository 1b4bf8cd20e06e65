package transcode

import (
	"os"
	"testing"
	"time"
)

// TestFilm measures a film named by RUNNEL_FILM; it is for people.
func TestFilm(t *testing.T) {
	film := os.Getenv("RUNNEL_FILM")
	if film == "" {
		t.Skip("RUNNEL_FILM names no film to measure")
	}
	tr := newTranscoder(t, nil)
	sink := newFolder(t)
	began := time.Now()
	m, err := tr.Inspect(t.Context(), film)
	if err != nil {
		t.Fatal(err)
	}
	inspected := time.Now()
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	last := 0.0
	r, err := tr.Run(t.Context(), p, film, t.TempDir(), nil, sink, func(f float64) { last = f })
	if err != nil {
		t.Fatal(explain(err))
	}
	t.Logf("inspect %v, first segment %v after Run, all %v, ahead %q, parts %d, progress %v",
		inspected.Sub(began), sink.first.Sub(inspected), time.Since(inspected), p.Ahead, len(p.Parts), last)
	for _, rendition := range r.Renditions {
		t.Logf("%+v: %d segments", rendition, len(sink.segments[rendition.ID])-1)
	}
	t.Logf("loudness %+v poster %s duration %v", r.Loudness, r.Poster, r.Duration)
	if want := os.Getenv("RUNNEL_KEEP"); want != "" {
		_ = os.CopyFS(want, os.DirFS(sink.dir))
	}
}
