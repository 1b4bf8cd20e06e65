package transcode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"runnel/models"
)

// The test picture: its upper half shows the number of the source's frame as 16
// black and white columns, its lower half flashes at each full second, when
// the sound beeps.
const (
	numbered = "geq=lum='if(eq(Y\\,0)\\,if(mod(floor(N/pow(2\\,X))\\,2)\\,235\\,16)\\,if(lt(mod(T+0.0001\\,1)\\,0.1)\\,235\\,16))':cb=128:cr=128,scale=160:90:flags=neighbor"
	beeps    = "aevalsrc=if(lt(mod(t\\,1)\\,0.1)\\,0.8*sin(2*PI*1000*t)\\,0):s=48000"
)

// filmLength of the test film, in seconds: three parts.
const filmLength = 14

// numberedClip makes a film of numbered frames with B-frames and few key
// frames, and beeps.
func numberedClip(t *testing.T, rate string, seconds float64, video string, more ...string) string {
	args := []string{
		"-f", "lavfi", "-i", fmt.Sprintf("nullsrc=s=16x2:r=%s:d=%g,format=yuv444p,%s%s", rate, seconds, numbered, video),
		"-f", "lavfi", "-i", beeps, "-t", fmt.Sprint(seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "170", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k",
	}
	return clip(t, "source.mp4", append(args, more...)...)
}

func TestPartsAreFrameExactAndInStep(t *testing.T) {
	tr := newTranscoder(t, small)
	for _, c := range []struct {
		name, rate string
		want       *big.Rat
		filter     string
		more       []string
		frame      func(n int) int // the source's frame that must be shown
	}{
		{name: "24", rate: "24", want: big.NewRat(24, 1)},
		{name: "25", rate: "25", want: big.NewRat(25, 1)},
		{name: "29.97", rate: "30000/1001", want: big.NewRat(30000, 1001)},
		{name: "30", rate: "30", want: big.NewRat(30, 1)},
		{name: "60", rate: "60", want: big.NewRat(60, 1)},
		{name: "23.976", rate: "24000/1001", want: big.NewRat(24000, 1001)},
		{
			name: "variable", rate: "30", want: big.NewRat(30, 1),
			filter: ",select='not(eq(mod(n\\,7)\\,3))*not(between(n\\,220\\,260))'",
			more:   []string{"-fps_mode", "vfr"},
			frame:  lastKept,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := newFolder(t)
			p, r := publish(t, tr, numberedClip(t, c.rate, filmLength, c.filter, c.more...), sink)
			if p.rate.Cmp(c.want) != 0 {
				t.Fatalf("rate %v, want %v", p.rate, c.want)
			}
			if len(p.Parts) < 3 {
				t.Fatalf("only %d parts", len(p.Parts))
			}
			checkContinuous(t, &p, sink)
			frames := decodeFrames(t, sink.joined(t, p.video()[0].ID))
			checkFrames(t, frames, p.rate, c.frame)
			checkStep(t, frames, decodeBeeps(t, sink.joined(t, r.Renditions[len(r.Renditions)-1].ID)), filmLength)
		})
	}
}

// lastKept is the frame shown at n in the film of variable rate.
func lastKept(n int) int {
	for n%7 == 3 || n >= 220 && n <= 260 {
		n--
	}
	return n
}

// checkContinuous reads the boxes of all segments: each must begin where the
// one before ended, and lie on the grid.
func checkContinuous(t *testing.T, p *Plan, sink *folder) {
	t.Helper()
	for _, r := range p.Renditions {
		init, err := readInit(sink.dir + "/" + sink.segments[r.ID][0].ReleasePath)
		if err != nil {
			t.Fatal(err)
		}
		var at uint64
		for n, s := range sink.segments[r.ID][1:] {
			f, err := readSegment(sink.dir + "/" + s.ReleasePath)
			if err != nil {
				t.Fatal(err)
			}
			if s.Number != n || f.Start != at {
				t.Errorf("%s: segment %d as number %d begins at %d, want %d", r.ID, s.Number, n, f.Start, at)
			}
			grid, _ := new(big.Rat).Mul(p.segment, big.NewRat(int64(n)*int64(init.Timescale), 1)).Float64()
			off := float64(f.Start) - grid
			if r.Media == models.MediaVideo && math.Abs(off) > 1 || off < -1 || off > 1024 {
				t.Errorf("%s: segment %d is %v ticks off the grid", r.ID, n, off)
			}
			at += f.Duration
		}
		if r.Media == models.MediaAudio {
			at -= uint64(init.Shift)
		}
		if got := ticks(at, init.Timescale); (got - p.Duration).Abs() > 1e6 {
			t.Errorf("%s: %v long, want %v", r.ID, got, p.Duration)
		}
	}
}

// shown is one decoded frame of the release.
type shown struct {
	at     float64 // seconds
	number int     // of the source's frame, modulo 65536
	flash  bool
}

func decodeFrames(t *testing.T, path string) []shown {
	t.Helper()
	pixels := output1(t, "ffmpeg", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-vf", "scale=16:2:flags=area,format=gray", "-f", "rawvideo", "-")
	times := strings.Fields(string(output1(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0", path)))
	if len(pixels) != 32*len(times) {
		t.Fatalf("%d bytes of pictures, %d times", len(pixels), len(times))
	}
	frames := make([]shown, len(times))
	for i := range frames {
		at, err := strconv.ParseFloat(strings.Trim(times[i], ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		frames[i].at = at
		for x := range 16 {
			if pixels[i*32+x] > 128 {
				frames[i].number |= 1 << x
			}
		}
		frames[i].flash = pixels[i*32+24] > 128
	}
	return frames
}

func checkFrames(t *testing.T, frames []shown, rate *big.Rat, frame func(int) int) {
	t.Helper()
	fps, _ := rate.Float64()
	bad := 0
	for n, f := range frames {
		want := min(n, int(math.Round(filmLength*fps))-1)
		if frame != nil {
			want = frame(n)
		}
		if f.number != want || math.Abs(f.at-float64(n)/fps) > 0.001 {
			if bad++; bad < 10 {
				t.Errorf("frame %d at %.4f shows %d, want %d at %.4f", n, f.at, f.number, want, float64(n)/fps)
			}
		}
	}
	// The sound is filmLength long: at 23.976 the last frame stands until then.
	if want := int(math.Ceil(filmLength*fps - 0.05)); len(frames) != want {
		t.Errorf("%d frames, want %d", len(frames), want)
	}
}

// decodeBeeps returns the times at which sound begins after silence.
func decodeBeeps(t *testing.T, path string) []float64 {
	t.Helper()
	const rate = 48000
	raw := output1(t, "ffmpeg", "-v", "error", "-copyts", "-i", path, "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", fmt.Sprint(rate), "-f", "s16le", "-")
	var at []float64
	quiet := rate
	for i := 0; i+1 < len(raw); i += 2 {
		v := int16(binary.LittleEndian.Uint16(raw[i:]))
		if v > 6000 || v < -6000 {
			if quiet > rate/4 {
				at = append(at, float64(i/2)/rate)
			}
			quiet = 0
		} else {
			quiet++
		}
	}
	return at
}

// checkStep compares each flash with its beep. A flash can be late by a frame,
// because the picture changes only then.
func checkStep(t *testing.T, frames []shown, beeps []float64, want int) {
	t.Helper()
	var flashes []float64
	for i, f := range frames {
		if f.flash && (i == 0 || !frames[i-1].flash) {
			flashes = append(flashes, f.at)
		}
	}
	if len(flashes) < want-1 || len(beeps) != want { // one flash is in the hole of the film of variable rate
		t.Fatalf("%d flashes and %d beeps, want %d", len(flashes), len(beeps), want)
	}
	worst := 0.0
	for _, flash := range flashes {
		worst = max(worst, math.Abs(flash-beeps[min(int(math.Round(flash)), want-1)]))
	}
	for i, at := range beeps {
		if math.Abs(at-float64(i)) > 0.008 {
			t.Errorf("beep %d sounds at %.4f", i, at)
		}
	}
	if worst > 0.040 {
		t.Errorf("sound and picture are %.1f ms apart", worst*1000)
	}
	t.Logf("largest distance of flash and beep: %.1f ms", worst*1000)
}

func output1(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}
