package transcode

import (
	"os"
	"slices"
	"testing"
	"time"

	"runnel/transcode/ffmpeg"
)

// TestGlimpses: a likeness is made of the frames at the same moments of a film,
// whatever its rate, each once, and of none beyond its end.
func TestGlimpses(t *testing.T) {
	for _, c := range []struct {
		length   time.Duration
		frames   []int64
		segments []int
	}{
		{80 * time.Second, []int64{120, 360, 600, 840, 1080, 1320, 1560, 1800}, []int{1, 3, 6, 8, 11, 13, 16, 18}},
		{2 * time.Second, []int64{12, 36}, []int{0}},
		{time.Second / 24, []int64{0}, []int{0}},
	} {
		p := plan(t, 320, 180, c.length)
		frames := p.glimpses()
		if got := p.glimpsed(frames); !slices.Equal(frames, c.frames) || !slices.Equal(got, c.segments) {
			t.Errorf("%v: frames %v in segments %v, want %v in %v", c.length, frames, got, c.frames, c.segments)
		}
	}
}

// TestLostMoments: a part whose segments for the likeness are lost, all or one,
// is not done.
func TestLostMoments(t *testing.T) {
	p := plan(t, 320, 180, 80*time.Second)
	j := &job{plan: &p, dir: t.TempDir()}
	if err := os.MkdirAll(j.momentsDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	files := []string{j.momentsDir() + "/" + ffmpeg.InitFile, j.momentPath(1), j.momentPath(3)}
	for _, path := range files {
		if j.momentsThere(p.Parts[0]) {
			t.Errorf("done without %s", path)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !j.momentsThere(p.Parts[0]) || j.momentsThere(p.Parts[1]) {
		t.Error("what is there is not what is looked for")
	}
}
