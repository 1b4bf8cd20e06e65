package transcode

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"errors"
	"runnel/models"
)

// TestCover: what comes out is a JPEG of ours, whatever came in, and nothing that
// is no picture comes through.
func TestCover(t *testing.T) {
	runner := newTranscoder(t, nil).runner
	make := func(name, source string) string {
		return clip(t, name, "-f", "lavfi", "-i", source, "-frames:v", "1")
	}
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tagged := make("tagged.jpg", "testsrc2=s=640x360")
	secret, err := os.ReadFile(tagged)
	if err != nil {
		t.Fatal(err)
	}
	secret = append(secret[:2:2], append([]byte("\xff\xfe\x00\x0eSECRET-PLACE"), secret[2:]...)...) // a JPEG comment
	for name, c := range map[string]struct {
		path string
		want image.Point // zero: refused
	}{
		"jpeg":            {write(string(secret)), image.Pt(640, 360)},
		"png, odd, alpha": {make("a.png", "testsrc2=s=333x201,format=rgba"), image.Pt(332, 200)},
		"larger":          {make("b.png", "testsrc2=s=4000x2000"), image.Pt(1920, 960)},
		"tall":            {make("c.png", "testsrc2=s=300x3000"), image.Pt(192, 1920)},
		"text":            {write("hello"), image.Point{}},
		"empty":           {write(""), image.Point{}},
		"svg":             {write(`<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>`), image.Point{}},
		"gif":             {make("d.gif", "testsrc2=s=64x64"), image.Point{}},
		"cut short":       {write("\x89PNG\r\n\x1a\n\x00\x00"), image.Point{}},
		"a playlist":      {write("\xff\xd8\xff#EXTM3U\nfile:///etc/passwd\n"), image.Point{}},
		"a huge claim":    {write("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x00\x00\x00\x00"), image.Point{}},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := Cover(t.Context(), runner, c.path, t.TempDir())
			if c.want == (image.Point{}) {
				var f *models.Fault
				if !errors.As(err, &f) || f.Code != "bad_picture" {
					t.Fatalf("%v, %d bytes", err, len(data))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
			if err != nil || image.Pt(cfg.Width, cfg.Height) != c.want {
				t.Errorf("%v %+v, want %v", err, cfg, c.want)
			}
			if bytes.Contains(data, []byte("SECRET")) {
				t.Error("what the picture carried is still there")
			}
		})
	}
}
