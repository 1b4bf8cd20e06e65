package ingest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
)

// TestBesideIsSigned: what is found beside picture and sound is in the manifest
// with its hash, and the same after a process was killed.
func TestBesideIsSigned(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	srt, meta, film := filepath.Join(dir, "a.srt"), filepath.Join(dir, "m.txt"), filepath.Join(dir, "film.mp4")
	require.NoError(t, os.WriteFile(srt, []byte("1\n00:00:00,500 --> 00:00:01,000\nHello\n"), 0o600))
	require.NoError(t, os.WriteFile(meta, []byte(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=A\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=B\n"), 0o600))
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip(t, "clip.mp4", 3, "320x180"), "-i", srt, "-i", meta, "-map", "0", "-map", "1",
		"-map_chapters", "2", "-c", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=fre", film).CombinedOutput()
	require.NoError(t, err, string(out))

	stop := r.start(t, nil)
	calm := r.await(t, r.mustUpload(t, film), ended)
	require.Equal(t, models.StateFinal, calm.State, "%+v", calm.Failure)
	report, err := blockset.Verify(t.Context(), r.blocks, calm.Manifest, nil)
	require.NoError(t, err)
	for _, path := range []string{"t/0-fr/index.m3u8", "t/0-fr/0.vtt", "x/chapters.json", "x/chapters.vtt", "x/poster.jpg", "s/storyboard.vtt", "s/sprite-0.jpg"} {
		_, ok := report.Manifest.Files[path]
		require.True(t, ok, path)
	}
	stop()

	id := r.mustUpload(t, film)
	require.Error(t, r.worker(t, AfterBlockPut+":4").Wait())
	r.start(t, nil)
	again := r.await(t, id, ended)
	require.Equal(t, models.StateFinal, again.State, "%+v", again.Failure)
	want, got := r.media(t, calm.Manifest), r.media(t, again.Manifest)
	require.Len(t, want, 6)
	require.Equal(t, want, got)
}
