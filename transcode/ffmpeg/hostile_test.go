package ffmpeg

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hits counts connections to a listener that no media file may reach.
func hits(t *testing.T) (addr string, count *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	count = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			c.Close()
		}
	}()
	return l.Addr().String(), count
}

// hostile are texts named as media. OTHER is another tenant's file beside them,
// NET a listener.
func hostile(t *testing.T, dir, addr string) map[string]string {
	t.Helper()
	fill := func(s string) string {
		s = strings.ReplaceAll(s, "OTHER", filepath.Join(dir, "other.ts"))
		return strings.ReplaceAll(s, "NET", "http://"+addr)
	}
	hls := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:1.0,\n%s\n#EXT-X-ENDLIST\n"
	cases := map[string]string{
		"hls-absolute":    fmt.Sprintf(hls, "file://OTHER"),
		"hls-relative":    fmt.Sprintf(hls, "other.ts"),
		"hls-passwd":      fmt.Sprintf(hls, "file:///etc/passwd"),
		"hls-http":        fmt.Sprintf(hls, "NET/x.ts"),
		"hls-concat":      fmt.Sprintf(hls, "concat:OTHER|/etc/passwd"),
		"hls-subfile":     fmt.Sprintf(hls, "subfile,,start,0,end,9,,:OTHER"),
		"hls-key":         "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"NET/k\"\n#EXTINF:1,\nother.ts\n",
		"hls-map":         "#EXTM3U\n#EXT-X-MAP:URI=\"NET/i.mp4\"\n#EXTINF:1,\nother.ts\n",
		"hls-master":      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nNET/m.m3u8\n",
		"hls-bom":         "\xef\xbb\xbf" + fmt.Sprintf(hls, "other.ts"),
		"hls-blanks":      "\n\n  " + fmt.Sprintf(hls, "other.ts"),
		"concat-absolute": "ffconcat version 1.0\nfile 'OTHER'\n",
		"concat-relative": "ffconcat version 1.0\nfile other.ts\n",
		"concat-http":     "ffconcat version 1.0\nfile NET/x.ts\n",
		"concat-bare":     "file other.ts\n",
		"sdp":             "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
		"dash":            "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>NET/</BaseURL></MPD>",
		"pls":             "[playlist]\nFile1=NET/x.mp3\n",
		"asx":             "<asx version=\"3.0\"><entry><ref href=\"NET/x\"/></entry></asx>",
		"ffmetadata":      ";FFMETADATA1\ntitle=x\n",
	}
	for name, text := range cases {
		cases[name] = fill(text)
	}
	return cases
}

func TestPlaylistsAreRefusedAndReadNothing(t *testing.T) {
	r := newRunner(t, nil)
	dir := t.TempDir()
	addr, count := hits(t)
	for name, text := range hostile(t, dir, addr) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name+".mp4")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := r.Probe(t.Context(), path)
			requireCode(t, err, CodePlaylistInput)
		})
	}
	require.Zero(t, count.Load())
}

// TestTheAllowListsAloneHold runs ffmpeg on the same texts without the checks in
// Go and without the sandbox.
func TestTheAllowListsAloneHold(t *testing.T) {
	r := newRunner(t, nil)
	r.self = ""
	dir := t.TempDir()
	addr, count := hits(t)
	other := generate(t, "other.ts", append(testPicture("64x48", "10", 1), "-c:v", "mpeg2video")...)
	require.NoError(t, os.Rename(other, filepath.Join(dir, "other.ts")))
	opened := 0
	for name, text := range hostile(t, dir, addr) {
		path := filepath.Join(dir, name+".mp4")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		convert := func(args []string) error {
			return r.Run(t.Context(), Command{
				Args: append(args, "-c:v", "mpeg4", "out-"+name+".mkv"), Dir: dir, Limits: Limits{Wall: 20 * time.Second},
			})
		}
		require.Error(t, convert(InputArgs(path)), name)
		require.NoFileExists(t, filepath.Join(dir, "out-"+name+".mkv"))
		if strings.HasSuffix(name, "-relative") && convert([]string{"-i", path}) == nil {
			opened++
		}
	}
	require.Zero(t, count.Load())
	require.Equal(t, 2, opened, "the control: without the lists ffmpeg reads the other tenant's file")
}

func TestTextsAndProgramsAreNotMedia(t *testing.T) {
	r := newRunner(t, nil)
	elf, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	random := make([]byte, 300_000)
	for i, x := 0, uint32(1); i < len(random); i++ {
		x = x*1664525 + 1013904223
		random[i] = byte(x >> 24)
	}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"empty":       {nil, CodeEmptyFile},
		"one byte":    {[]byte("x"), CodeNotMedia},
		"zeros":       {make([]byte, 300_000), CodeNotMedia},
		"random":      {random, CodeNotMedia},
		"text":        {bytes.Repeat([]byte("All work and no play.\n"), 1000), CodeNotMedia},
		"html":        {[]byte("<!DOCTYPE html><html><script>alert(1)</script></html>"), CodeNotMedia},
		"svg":         {[]byte("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), CodeNotMedia},
		"xml":         {[]byte("<?xml version=\"1.0\"?><a/>"), CodeNotMedia},
		"script":      {[]byte("#!/bin/sh\nrm -rf /\n"), CodeNotMedia},
		"json":        {[]byte("{\"a\": 1}"), CodeNotMedia},
		"program":     {elf[:1<<20], CodeNotMedia},
		"gzip":        {append([]byte("\x1f\x8b\x08\x00"), random...), CodeNotMedia},
		"zip":         {append([]byte("PK\x03\x04"), random...), CodeNotMedia},
		"only ftyp":   {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), CodeTruncated},
		"broken flac": {append([]byte("fLaC"), random...), CodeDecodeErrors},
		"broken ebml": {append([]byte("\x1aE\xdf\xa3"), random...), CodeTruncated},
		"empty riff":  {[]byte("RIFF\x04\x00\x00\x00WAVE"), CodeTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Probe(t.Context(), writeFile(t, "a.mp4", c.data))
			requireCode(t, err, c.code)
		})
	}
}

func TestPolyglotsPlay(t *testing.T) {
	good := generate(t, "a.mp4", append(testPicture("64x48", "10", 1), "-c:v", "libx264", "-movflags", "+faststart")...)
	data, err := os.ReadFile(good)
	require.NoError(t, err)
	payload := "<html><script>alert(1)</script></html>%PDF-1.4 PK\x03\x04"
	size := len(payload) + 8
	box := append([]byte{0, 0, byte(size >> 8), byte(size)}, "free"+payload...)
	_, err = newRunner(t, nil).Probe(t.Context(), writeFile(t, "p.mp4", append(box, data...)))
	require.NoError(t, err)
}
