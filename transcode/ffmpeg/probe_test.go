package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestProbeTellsWhatIsInside(t *testing.T) {
	r := newRunner(t, nil)
	film := join(testPicture("64x48", "30000/1001", 1), testTone(1))
	for _, c := range []struct {
		name   string
		args   []string
		format string
		length float64
		check  func(t *testing.T, p Probe)
	}{
		{"a.mp4", join(film, []string{"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac",
			"-metadata", "title=A  film\u202e", "-metadata", "location=+52.5+13.4/", "-metadata:s:a:0", "language=ger"}),
			"mov,mp4,m4a,3gp,3g2,mj2", 1, func(t *testing.T, p Probe) {
				v, a := p.Streams[0], p.Streams[1]
				require.Equal(t, "h264", v.Codec)
				require.Equal(t, []int{64, 48, 0, 8}, []int{v.Width, v.Height, v.Rotation, v.BitDepth})
				require.Equal(t, big.NewRat(30000, 1001), v.FrameRate)
				require.Equal(t, big.NewRat(1, 1), v.SAR)
				require.Equal(t, "yuv420p", v.PixFmt)
				require.True(t, v.Film() && v.Decodable && v.Default && !v.Interlaced() && !v.HDR())
				require.Equal(t, "aac", a.Codec)
				require.Equal(t, "LC", a.Profile)
				require.Equal(t, []int{48000, 1}, []int{a.SampleRate, a.Channels})
				require.Equal(t, "mono", a.Layout)
				require.Equal(t, "ger", a.Language)
				require.Equal(t, map[string]string{"title": "A film"}, p.Tags)
			}},
		{"a.mkv", join(film, []string{"-c:v", "ffv1", "-vf", "setsar=4/3", "-c:a", "flac"}),
			"matroska,webm", 1, func(t *testing.T, p Probe) {
				require.Equal(t, big.NewRat(4, 3), p.Streams[0].SAR)
				require.InDelta(t, 1, p.Streams[1].Duration.Seconds(), 0.1)
			}},
		{"hdr.mkv", join(testPicture("64x48", "10", 1), []string{"-c:v", "libx265", "-x265-params", "log-level=none:max-cll=1000,400", "-pix_fmt", "yuv420p10le",
			"-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"}),
			"matroska,webm", 1, func(t *testing.T, p Probe) {
				require.True(t, p.Streams[0].HDR())
				require.Equal(t, 10, p.Streams[0].BitDepth)
				require.Equal(t, "bt2020nc", p.Streams[0].ColorSpace)
			}},
		{"bystander.mkv", join(film, []string{"-c:v", "libx264", "-c:a", "wavpack"}),
			"matroska,webm", 1, func(t *testing.T, p Probe) {
				require.True(t, p.Streams[0].Decodable)
				require.Equal(t, "wavpack", p.Streams[1].Codec)
				require.False(t, p.Streams[1].Decodable)
			}},
		{"a.webm", join(film, []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"}), "matroska,webm", 1, nil},
		{"a.ts", join(film, []string{"-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1", "-c:a", "mp2"}),
			"mpegts", 1, func(t *testing.T, p Probe) { require.True(t, p.Streams[0].Interlaced()) }},
		{"a.avi", join(film, []string{"-c:v", "mpeg4", "-c:a", "mp3"}), "avi", 1, nil},
		{"a.flv", join(film, []string{"-c:v", "flv", "-r", "30", "-c:a", "mp3", "-ar", "44100"}), "flv", 1, nil},
		{"a.asf", join(film, []string{"-c:v", "wmv2", "-c:a", "wmav2"}), "asf", 1, nil},
		{"a.vob", join(film, []string{"-c:v", "mpeg2video", "-c:a", "mp2"}), "mpeg", 1, nil},
		{"a.mp3", join(testTone(2), []string{"-c:a", "mp3", "-metadata", "artist=Someone"}), "mp3", 2,
			func(t *testing.T, p Probe) { require.Equal(t, "Someone", p.Tags["artist"]) }},
		{"a.flac", testTone(1), "flac", 1, func(t *testing.T, p Probe) { require.Equal(t, 16, p.Streams[0].BitDepth) }},
		{"a.ogg", join(testTone(1), []string{"-c:a", "libvorbis"}), "ogg", 1, nil},
		{"a.wav", testTone(1), "wav", 1, nil},
		{"a.aiff", testTone(1), "aiff", 1, nil},
		{"a.aac", join(testTone(1), []string{"-c:a", "aac"}), "aac", 1, nil},
		{"a.m4a", join(testTone(1), []string{"-c:a", "alac"}), "mov,mp4,m4a,3gp,3g2,mj2", 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := generate(t, c.name, c.args...)
			// The name must not matter.
			require.NoError(t, os.Rename(path, path+".txt"))
			p, err := r.Probe(t.Context(), path+".txt")
			require.NoError(t, err)
			require.Equal(t, c.format, p.Format)
			require.InDelta(t, c.length, p.Duration.Seconds(), 0.2)
			require.NotZero(t, p.Size)
			if c.check != nil {
				c.check(t, p)
			}
		})
	}
}

// TestProbeFindsTheRotation compares with what ffmpeg itself does when it turns
// the picture: a white corner, at the top left before, must come out where the
// rotation says.
func TestProbeFindsTheRotation(t *testing.T) {
	r := newRunner(t, nil)
	plain := generate(t, "plain.mov", "-f", "lavfi", "-i", "color=black:s=64x64:r=5:d=1,drawbox=w=32:h=32:c=white:t=fill", "-c:v", "mpeg4")
	corners := map[int]int{0: 0, 90: 1, 180: 3, 270: 2} // top left, top right, bottom left, bottom right
	seen := map[int]bool{}
	for _, angle := range []int{0, 90, 180, 270} {
		path := generate(t, "turned.mov", "-i", plain, "-c", "copy", "-metadata:s:v:0", fmt.Sprint("rotate=", angle))
		p, err := r.Probe(t.Context(), path)
		require.NoError(t, err)
		require.False(t, p.Streams[0].Flipped)
		seen[p.Streams[0].Rotation] = true

		var out bytes.Buffer
		require.NoError(t, r.Run(t.Context(), Command{
			Args:  append(InputArgs(path), "-vf", "scale=2:2:flags=area", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"),
			Input: path, Stdout: &out, Limits: Limits{Wall: time.Minute},
		}))
		require.Equal(t, corners[p.Streams[0].Rotation], slices.Index(out.Bytes(), slices.Max(out.Bytes())))
	}
	require.Len(t, seen, 4)
}

func TestProbeFindsChaptersAndCovers(t *testing.T) {
	cover := generate(t, "cover.png", append(testPicture("32x32", "1", 1), "-frames:v", "1")...)
	meta := writeFile(t, "meta", []byte(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n"))
	path := generate(t, "a.m4a", join(testTone(1), []string{"-i", cover, "-i", meta, "-map", "0", "-map", "1", "-map_chapters", "2",
		"-c:a", "aac", "-c:v", "copy", "-disposition:v:0", "attached_pic", "-f", "mp4"})...)
	p, err := newRunner(t, nil).Probe(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, []Chapter{{0, time.Second / 2, "One"}, {time.Second / 2, time.Second, "Two"}}, p.Chapters)
	at := slices.IndexFunc(p.Streams, func(s Stream) bool { return s.Type == Video })
	require.True(t, p.Streams[at].AttachedPic && !p.Streams[at].Film(), "%+v", p.Streams)
}

func requireCode(t *testing.T, err error, codes ...string) {
	t.Helper()
	var fault *models.Fault
	require.True(t, errors.As(err, &fault), "no fault: %v", err)
	require.Contains(t, codes, fault.Code)
	require.Equal(t, sentences[fault.Code], fault.Text)
	require.True(t, errors.Is(fault, models.ErrInvalid) || errors.Is(fault, models.ErrTooLarge))
}

func TestProbeRefusesMediaWithNothingToPlay(t *testing.T) {
	r := newRunner(t, nil)
	good := generate(t, "a.mp4", join(testPicture("64x48", "10", 1), testTone(1), []string{"-c:v", "libx264", "-c:a", "aac"})...)
	whole, err := os.ReadFile(good)
	require.NoError(t, err)
	srt := writeFile(t, "a.srt", []byte("1\n00:00:00,000 --> 00:00:01,000\nHello\n"))
	for _, c := range []struct {
		name, path string
		codes      []string
	}{
		{"subtitles only", generate(t, "s.mkv", "-i", srt), []string{CodeNoMediaStreams}},
		{"codec off the list", generate(t, "m.mkv", append(testPicture("64x48", "10", 1), "-c:v", "magicyuv")...), []string{CodeUnsupportedCodec}},
		{"container off the list", generate(t, "a.mxf", append(testPicture("64x48", "25", 1), "-c:v", "mpeg2video")...), []string{CodeUnsupportedContainer}},
		{"cut before moov", writeFile(t, "t.mp4", whole[:len(whole)/3]), []string{CodeTruncated}},
		{"gif", generate(t, "a.gif", testPicture("32x32", "5", 1)...), []string{CodeStillImage}},
		{"png", generate(t, "a.png", append(testPicture("32x32", "5", 1), "-frames:v", "1")...), []string{CodeStillImage}},
		{"jpeg", generate(t, "a.jpg", append(testPicture("32x32", "5", 1), "-frames:v", "1")...), []string{CodeStillImage}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.Probe(t.Context(), c.path)
			requireCode(t, err, c.codes...)
		})
	}
}

func TestProbeRefusesHugePictures(t *testing.T) {
	path := generate(t, "huge.mkv", "-f", "lavfi", "-i", "color=s=60000x600:r=1:d=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-frames:v", "1")
	_, err := newRunner(t, nil).Probe(t.Context(), path)
	requireCode(t, err, CodeDimensions)
}

func TestProbeIsBoundedInTime(t *testing.T) {
	path := generate(t, "a.wav", testTone(1)...)
	for name, c := range map[string]struct {
		limits Limits
		code   string
	}{
		"wall clock": {Limits{Wall: time.Nanosecond}, CodeTimeout},
		"memory":     {Limits{Memory: 64 << 20, Wall: time.Minute}, CodeResourceLimit},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, func(cfg *Config) { cfg.ProbeLimits = c.limits })
			_, err := r.Probe(t.Context(), path)
			requireCode(t, err, c.code)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newRunner(t, nil).Probe(ctx, path)
	require.ErrorIs(t, err, context.Canceled)
	var fault *models.Fault
	require.False(t, errors.As(err, &fault), "a cancelled probe must not refuse the file")
}

func TestProbeOfNothing(t *testing.T) {
	r := newRunner(t, nil)
	_, err := r.Probe(t.Context(), "/no/such/file")
	require.ErrorIs(t, err, models.ErrNotFound)
	_, err = r.Probe(t.Context(), t.TempDir())
	require.ErrorIs(t, err, models.ErrInvalid)
}
