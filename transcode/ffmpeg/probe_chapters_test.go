package ffmpeg

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProbeWithoutEnd: chapters that outgrow ffprobe's answer cost the chapters,
// not the file.
func TestProbeWithoutEnd(t *testing.T) {
	var meta strings.Builder
	meta.WriteString(";FFMETADATA1\n")
	for i := range 20_000 {
		fmt.Fprintf(&meta, "[CHAPTER]\nTIMEBASE=1/100000\nSTART=%d\nEND=%d\ntitle=%s\n", i*3, i*3+3, strings.Repeat("t", 900))
	}
	path := generate(t, "chapters.mkv", join(testTone(1), []string{"-i", writeFile(t, "meta.txt", []byte(meta.String())), "-map", "0", "-map_chapters", "1", "-c:a", "flac"})...)
	p, err := newRunner(t, nil).Probe(t.Context(), path)
	require.NoError(t, err)
	require.Empty(t, p.Chapters)
	require.Equal(t, Audio, p.Streams[0].Type)
}
