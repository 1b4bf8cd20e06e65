package ffmpeg

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		"  A \t\n film\x00\x1b[31m ":         "A film [31m",
		"right\u202eleft\u2066x":             "rightleftx",
		"bad\xffbytes":                       "badbytes",
		"e" + strings.Repeat("\u0301", 2000): "e" + strings.Repeat("\u0301", maxMarks),
		"👩\u200d👩\u200d👧":                    "👩\u200d👩\u200d👧",
		strings.Repeat("x", 500):             strings.Repeat("x", 100),
		"<script>alert(1)</script>":          "<script>alert(1)</script>", // escaping is the page's work
	} {
		require.Equal(t, want, cleanText(in, 100))
	}
}

func TestCleanTagsIsAClosedList(t *testing.T) {
	require.Equal(t, map[string]string{"title": "T", "album_artist": "B"}, cleanTags(map[string]string{
		"TITLE": "T", "ALBUM_ARTIST": "B", "location": "+52+13/", "com.apple.quicktime.location.ISO6709": "x",
		"make": "Phone", "encoder": "Lavf", "artist": " ",
	}))
}

func TestLanguage(t *testing.T) {
	for in, want := range map[string]string{
		"eng": "eng", "pt-BR": "pt-br", "und": "", "": "", "x": "", "<b>": "", strings.Repeat("a", 40): "",
	} {
		require.Equal(t, want, language(in), in)
	}
}

func TestParseRat(t *testing.T) {
	for in, want := range map[string]*big.Rat{
		"30000/1001": big.NewRat(30000, 1001), "4:3": big.NewRat(4, 3), "0/0": nil, "0:1": nil, "1": nil, "-1/2": nil, "a/b": nil, "": nil,
	} {
		require.Equal(t, want, parseRat(in), in)
	}
}

func TestTimes(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"1.5": 1500 * time.Millisecond, "-0.023220": -23220 * time.Microsecond, "N/A": 0, "": 0, "nan": 0,
		"1e300": 9e9 * time.Second, "inf": 9e9 * time.Second,
	} {
		require.Equal(t, want, parseSeconds(in), in)
	}
	for in, want := range map[string]time.Duration{
		"01:02:03.500000000": time.Hour + 2*time.Minute + 3500*time.Millisecond, "00:61:00": 0, "1:2": 0, "x:y:z": 0, "9999999:00:00": 0,
	} {
		require.Equal(t, want, parseClock(in), in)
	}
}

func TestTurn(t *testing.T) {
	for in, want := range map[float64]int{0: 0, -90: 90, 90: 270, 180: 180, -180: 180, -270: 270, 720: 0, -89.5: 90, 1e300: turn(1e300)} {
		require.Equal(t, want, turn(in), in)
	}
	require.True(t, mirrored("\n00000000:       -65536           0           0\n00000001:            0       65536           0\n00000002:            0           0  1073741824\n"))
	require.False(t, mirrored("\n00000000:            0       65536           0\n00000001:       -65536           0           0\n"))
	require.False(t, mirrored("junk"))
}

func TestBitDepth(t *testing.T) {
	for _, c := range []struct {
		raw, fmt string
		want     int
	}{{"24", "", 24}, {"", "yuv420p10le", 10}, {"", "yuv420p", 8}, {"N/A", "gray12be", 8}, {"", "", 0}, {"", "yuv444p16be", 16}} {
		require.Equal(t, c.want, bitDepth(c.raw, c.fmt), c)
	}
}

func FuzzParseProbe(f *testing.F) {
	f.Add([]byte(`{"format":{"format_name":"mp3","duration":"1.5","tags":{"TITLE":"x"}},"streams":[{"codec_type":"video","avg_frame_rate":"25/1","side_data_list":[{"side_data_type":"Display Matrix","rotation":-90,"displaymatrix":"\n0: 1 0"}]}],"chapters":[{"start_time":"0","end_time":"1"}]}`))
	f.Add([]byte(`{"streams":[{"tags":{"DURATION":"01:00:00.0"},"sample_rate":"99999999999"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProbe(data)
		if err != nil {
			return
		}
		if p.Duration < 0 || len(p.Chapters) > maxChapters {
			t.Fatalf("impossible %+v", p)
		}
		for _, s := range p.Streams {
			if s.Width < 0 || s.SampleRate < 0 || s.Duration < 0 || s.Rotation%90 != 0 || s.Rotation < 0 || s.Rotation > 270 || !utf8.ValidString(s.Title) {
				t.Fatalf("impossible %+v", s)
			}
		}
	})
}

func TestExplain(t *testing.T) {
	exit := func(stderr string) error { return &RunError{Cause: CauseExit, ExitCode: 1, Stderr: stderr} }
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"fault":           {fmt.Errorf("x: %w", NewFault(CodeDimensions)), CodeDimensions},
		"wrapped":         {fmt.Errorf("x: %w", &RunError{Cause: CauseTimeout}), CodeTimeout},
		"cpu":             {&RunError{Cause: CauseCPU}, CodeResourceLimit},
		"memory":          {&RunError{Cause: CauseMemory}, CodeResourceLimit},
		"crash":           {&RunError{Cause: CauseSignal, Signal: syscall.SIGSEGV}, CodeDecodeErrors},
		"killed":          {&RunError{Cause: CauseSignal, Signal: syscall.SIGKILL}, ""},
		"cancelled":       {&RunError{Cause: CauseCancelled, err: context.Canceled}, ""},
		"not started":     {&RunError{Cause: CauseStart}, ""},
		"sandbox":         {&RunError{Cause: CauseSandbox}, ""},
		"other error":     {models.ErrUnavailable, ""},
		"disk full":       {exit("av_interleaved_write_frame(): No space left on device"), ""},
		"other build":     {exit("Unknown encoder 'libx264'"), ""},
		"damaged":         {exit("Error while decoding stream #0:0"), CodeDecodeErrors},
		"no index":        {exit("[mov,mp4 @ 0x1] moov atom not found"), CodeTruncated},
		"too many pixels": {exit("[mpeg4 @ 0x1] [IMGUTILS @ 0x1] Picture size 1x1 exceeds specified max pixel count 9"), CodeDimensions},
		"decoder":         {exit("[magicyuv @ 0x1] Codec (magicyuv) not on whitelist 'h264'"), CodeUnsupportedCodec},
		"playlist":        {exit("[hls @ 0x55] Format not on whitelist 'mov'"), CodePlaylistInput},
		"concat":          {exit("[concat @ 0x55] Format not on whitelist 'mov'"), CodePlaylistInput},
		"image":           {exit("[png_pipe @ 0x55] Format not on whitelist 'mov'"), CodeStillImage},
		"text":            {exit("[tty @ 0x55] Format not on whitelist 'mov'"), CodeNotMedia},
		"tracker":         {exit("[libopenmpt @ 0x55] Format not on whitelist 'mov'"), CodeUnsupportedContainer},
	} {
		t.Run(name, func(t *testing.T) {
			fault := Explain(c.err)
			if c.code == "" {
				require.Nil(t, fault)
				return
			}
			require.NotNil(t, fault)
			require.Equal(t, c.code, fault.Code)
		})
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	require.Len(t, sentences, 19)
	for code, text := range sentences {
		require.Regexp(t, `^[A-Z].*\.$`, text, code)
		require.NotContains(t, strings.ToLower(text), "ffmpeg", code)
	}
	require.ErrorIs(t, NewFault(CodeTimeout), models.ErrTooLarge)
	require.ErrorIs(t, NewFault(CodeNotMedia), models.ErrInvalid)
}
