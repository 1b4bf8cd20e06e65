package hls

import (
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"runnel/models"
)

// ffmpeg's own playlist is read, and ffprobe plays what is written over the
// same segments, from the master down.
func TestFFmpegPlaysIt(t *testing.T) {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed, so no real player can be asked", tool)
		}
	}
	dir := t.TempDir()
	rungs := filepath.Join(dir, "v", "180p24")
	if err := os.MkdirAll(filepath.Join(rungs, "00"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, rungs, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=24", "-t", "5", "-c:v", "libx264",
		"-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "48", "-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4", "-hls_playlist_type",
		"vod", "-hls_flags", "independent_segments", "-hls_segment_filename", "00/%05d.m4s", "index.m3u8")
	f, err := os.Open(filepath.Join(rungs, "index.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	theirs, err := ParseMedia(f)
	if err != nil || len(theirs.Segments) != 3 {
		t.Fatalf("%v: %+v", err, theirs)
	}
	segs := []models.Segment{}
	for n, s := range theirs.Segments {
		info, err := os.Stat(filepath.Join(rungs, fmt.Sprintf("00/%05d.m4s", n)))
		if err != nil {
			t.Fatal(err)
		}
		segs = append(segs, models.Segment{Number: n, Duration: s.Duration, File: models.File{Size: info.Size()}})
	}
	r := models.Rendition{
		ID: "v/180p24", Media: models.MediaVideo, Codec: "avc1.42c00d", Width: 320, Height: 180, FrameRate: big.NewRat(24, 1),
	}
	Measure(segs).Apply(&r)
	media, master := MediaFor(segs, MediaOptions{Type: VOD, End: true}), MasterFor([]models.Rendition{r}, MasterOptions{IFrames: map[string]Measured{}})
	for path, text := range map[string][]byte{PlaylistPath(r.ID): media.Encode(), MasterPath: master.Encode()} {
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := run(t, dir, "ffprobe", "-v", "error", "-count_packets", "-show_entries", "format=duration:stream=nb_read_packets", "-of", "default=nw=1:nk=1", MasterPath)
	fields := strings.Fields(out)
	duration, err := strconv.ParseFloat(fields[len(fields)-1], 64)
	if err != nil || duration < 4.9 || duration > 5.1 || fields[0] != "120" {
		t.Errorf("ffprobe found %q", out)
	}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
