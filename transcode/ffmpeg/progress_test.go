package ffmpeg

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadProgress(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []Progress
	}{
		"empty": {"", nil},
		"two reports": {
			"frame=12\nfps=24.5\nstream_0_0_q=28.0\nbitrate=N/A\ntotal_size=N/A\nout_time_us=500000\nout_time_ms=500000\n" +
				"out_time=00:00:00.500000\ndup_frames=1\ndrop_frames=2\nspeed=0.61x\nprogress=continue\n" +
				"frame=24\nout_time_us=1000000\ntotal_size=99\nspeed=1e+03x\nprogress=end\n",
			[]Progress{
				{Frame: 12, FPS: 24.5, OutTime: time.Second / 2, Doubled: 1, Dropped: 2, Speed: 0.61},
				{Frame: 24, OutTime: time.Second, Size: 99, Speed: 1000, End: true},
			},
		},
		"not known yet": {"frame=0\nout_time_us=N/A\nspeed=N/A\nprogress=continue\n", []Progress{{}}},
		"negative":      {"out_time_us=-83333\nframe=-1\nprogress=continue\n", []Progress{{}}},
		"padded":        {"speed=   2x\nfps= 3\nprogress=continue\n", []Progress{{Speed: 2, FPS: 3}}},
		"overflow":      {"out_time_us=9223372036854775807\nfps=1e999\nspeed=NaNx\nprogress=end\n", []Progress{{OutTime: 9223372036854775 * time.Microsecond, End: true}}},
		"cut":           {"frame=3\nprogress=continue\nframe=4\n", []Progress{{Frame: 3}}},
		"too long":      {"frame=1\nprogress=continue\n" + strings.Repeat("x", 2*maxProgressLine), []Progress{{Frame: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Progress
			err := readProgress(strings.NewReader(c.in), func(p Progress) { got = append(got, p) })
			require.Equal(t, c.want, got)
			require.Equal(t, name == "too long", err != nil)
		})
	}
}

func FuzzReadProgress(f *testing.F) {
	f.Add("frame=12\nfps=24.5\nout_time_us=500000\nspeed=0.61x\nprogress=continue\n")
	f.Add("out_time_us=-9223372036854775808\nspeed=-infx\nprogress=end\n")
	f.Fuzz(func(t *testing.T, in string) {
		_ = readProgress(strings.NewReader(in), func(p Progress) {
			if p.OutTime < 0 || p.Frame < 0 || !(p.Speed >= 0) || !(p.FPS >= 0) || p.Size < 0 {
				t.Fatalf("impossible report %+v", p)
			}
		})
	})
}

func TestTailBuffer(t *testing.T) {
	tail := &tailBuffer{max: 4}
	for _, c := range []struct{ write, want string }{
		{"ab", "ab"}, {"cd", "abcd"}, {"e", "bcde"}, {"", "bcde"}, {"0123456789", "6789"}, {"\xff", "789\uFFFD"},
	} {
		n, err := tail.Write([]byte(c.write))
		require.NoError(t, err)
		require.Equal(t, len(c.write), n)
		require.Equal(t, c.want, tail.String())
	}
}
