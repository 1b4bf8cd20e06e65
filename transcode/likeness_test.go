package transcode

import (
	"os"
	"path/filepath"
	"testing"

	"runnel/models"
	"runnel/models/likeness"
)

// film makes pictures and sound that change all the time, as a film's do; seed
// makes another one.
func film(t *testing.T, seed, name string, encoding ...string) string {
	t.Helper()
	const length = "12"
	args := []string{
		"-f", "lavfi", "-i", "cellauto=size=64x36:rate=2:rule=110:full=1:scroll=1:random_seed=" + seed + ":random_fill_ratio=0.3,scale=640:360:flags=bicubic,gblur=sigma=12,fps=24",
		"-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*t*220*pow(2\\,mod(floor(t*4)*(floor(t*4)+5*" + seed + ")*7+3*" + seed + "\\,24)/12)):s=44100",
		"-t", length, "-pix_fmt", "yuv420p",
	}
	return clip(t, name, append(args, encoding...)...)
}

func likenessOf(t *testing.T, tr *Transcoder, source string) models.Likeness {
	t.Helper()
	_, r := publish(t, tr, source, newFolder(t))
	return r.Likeness
}

// TestLikeness: the same film at another bit rate, size and container is found,
// by its pictures and by its sound alone; another film is not.
func TestLikeness(t *testing.T) {
	tr := newTranscoder(t, small)
	high := []string{"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "2M", "-c:a", "aac", "-b:a", "192k"}
	low := []string{"-s", "320x180", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "150k", "-c:a", "aac", "-b:a", "48k", "-ac", "2"}
	first := likenessOf(t, tr, film(t, "1", "film.mp4", high...))
	again := likenessOf(t, tr, film(t, "1", "again.mkv", low...))
	other := likenessOf(t, tr, film(t, "2", "other.mp4", high...))
	song := likenessOf(t, tr, film(t, "1", "song.mp3", "-vn", "-b:a", "64k"))
	if len(first.Pictures) != likenessPictures || len(first.Sound) < 50 || len(song.Pictures) != 0 {
		t.Fatalf("%d pictures, %d of sound; the song has %d", len(first.Pictures), len(first.Sound), len(song.Pictures))
	}
	for name, test := range map[string]struct {
		with  models.Likeness
		alike bool
	}{"encoded anew": {again, true}, "another": {other, false}, "its sound alone": {song, true}} {
		sound, pictures, alike := likeness.Compare(first, test.with)
		t.Logf("%s: sound %.2f, pictures %.2f", name, sound, pictures)
		if alike != test.alike || test.alike && sound < 0.5 {
			t.Errorf("%s: %v (sound %.2f, pictures %.2f)", name, alike, sound, pictures)
		}
	}
	if _, pictures, alike := likeness.Compare(models.Likeness{Pictures: first.Pictures}, again); !alike {
		t.Errorf("by pictures alone: %.2f", pictures)
	}
	noise := func(seed string) models.Likeness {
		return likenessOf(t, tr, clip(t, "noise.flac", "-f", "lavfi", "-i", "anoisesrc=d=12:seed="+seed+":r=44100:a=0.5"))
	}
	if sound, _, alike := likeness.Compare(noise("1"), noise("2")); alike {
		t.Errorf("two noises: %.2f", sound)
	}
	black := likenessOf(t, tr, clip(t, "black.mp4", "-f", "lavfi", "-i", "color=black:s=320x180:d=4", "-pix_fmt", "yuv420p"))
	if len(black.Pictures) != 0 || len(black.Sound) != 0 {
		t.Errorf("black and silent: %+v", black)
	}
}

// TestPictureHashHostile: what ffmpeg wrote is not believed.
func TestPictureHashHostile(t *testing.T) {
	for name, data := range map[string]string{"none": "", "garbage": "\xff\xd8\xff\xe0garbage", "cut": "\xff\xd8"} {
		path := filepath.Join(t.TempDir(), "x.jpg")
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if hash, ok := pictureHash(path); ok {
			t.Errorf("%s: %x", name, hash)
		}
	}
}
