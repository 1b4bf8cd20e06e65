package transcode

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"runnel/models"
)

func TestNoPartBeginsAfterTheLastPicture(t *testing.T) {
	parts := Standard().parts(3600*24, 96, 21*24)
	if len(parts) != 2 || parts[1].FirstFrame != 16*24 || parts[1].Frames != 3584*24 {
		t.Errorf("got %+v", parts)
	}
}

func TestFrameRates(t *testing.T) {
	for _, c := range []struct {
		source, want *big.Rat
	}{
		{big.NewRat(24, 1), big.NewRat(24, 1)},
		{big.NewRat(24000, 1001), big.NewRat(24000, 1001)},
		{big.NewRat(23976, 1000), big.NewRat(24000, 1001)},
		{big.NewRat(25, 1), big.NewRat(25, 1)},
		{big.NewRat(2997, 100), big.NewRat(30000, 1001)},
		{big.NewRat(30, 1), big.NewRat(30, 1)},
		{big.NewRat(2950, 100), big.NewRat(30000, 1001)},
		{big.NewRat(17, 1), big.NewRat(20, 1)},
		{big.NewRat(1, 10), big.NewRat(5, 1)},
		{big.NewRat(1000, 1), big.NewRat(60, 1)},
		{big.NewRat(60000, 1001), big.NewRat(60000, 1001)},
		{big.NewRat(120, 1), big.NewRat(60, 1)},
	} {
		if got := frameRate(c.source, 60); got.Cmp(c.want) != 0 {
			t.Errorf("%v: got %v, want %v", c.source, got, c.want)
		}
	}
}

// TestGridIsWholeMilliseconds holds what ffmpeg's decimal times rely on.
func TestGridIsWholeMilliseconds(t *testing.T) {
	p := Standard()
	for _, rate := range standardRates {
		ms := new(big.Rat).Mul(frameSpan(p.gop(rate), rate), big.NewRat(1000, 1))
		seconds, _ := p.segmentSeconds(rate).Float64()
		if !ms.IsInt() || seconds < 3.9 || seconds > 4.1 {
			t.Errorf("%v: a GOP lasts %v ms, a segment %v s", rate, ms, seconds)
		}
	}
}

func TestSourceRate(t *testing.T) {
	rat := big.NewRat
	for _, c := range []struct{ average, real, want *big.Rat }{
		{rat(24, 1), rat(24, 1), rat(24, 1)},
		{rat(297, 10), rat(30, 1), rat(30, 1)},
		{rat(17, 1), rat(1000, 1), rat(17, 1)},
		{rat(20, 1), rat(60, 1), rat(20, 1)},
		{nil, rat(25, 1), rat(25, 1)},
		{rat(50, 1), nil, rat(50, 1)},
		{nil, nil, rat(25, 1)},
	} {
		if got := sourceRate(c.average, c.real); got.Cmp(c.want) != 0 {
			t.Errorf("%v, %v: got %v, want %v", c.average, c.real, got, c.want)
		}
	}
}

func TestLadder(t *testing.T) {
	p := Standard()
	for _, c := range []struct {
		width, height int
		want          []string
	}{
		{854, 480, []string{"426x240", "640x360", "854x480"}},
		{1920, 1080, []string{"426x240", "640x360", "852x480", "1280x720", "1920x1080"}},
		{3840, 2160, []string{"426x240", "640x360", "852x480", "1280x720", "1920x1080"}},
		{1080, 1920, []string{"240x426", "360x640", "480x852", "720x1280", "1080x1920"}},
		{1920, 800, []string{"576x240", "864x360", "1152x480", "1728x720", "1920x800"}},
		{1024, 576, []string{"426x240", "640x360", "852x480", "1024x576"}},
		{641, 359, []string{"428x240", "640x358"}},
		{160, 90, []string{"160x90"}},
		{17, 16, []string{"16x16"}},
		{1922, 1082, []string{"426x240", "638x360", "852x480", "1278x720", "1918x1080"}},
	} {
		var got []string
		for _, s := range p.ladder(c.width, c.height, big.NewRat(25, 1)) {
			got = append(got, fmt.Sprintf("%dx%d", s.Width, s.Height))
			if s.Width > c.width || s.Height > c.height || s.Width%2+s.Height%2 > 0 {
				t.Errorf("%dx%d: rung %dx%d", c.width, c.height, s.Width, s.Height)
			}
			if s.MaxRate <= 0 || s.limit(big.NewRat(4, 1)) <= s.MaxRate {
				t.Errorf("%dx%d: rate %d, limit %d", s.Width, s.Height, s.MaxRate, s.limit(big.NewRat(4, 1)))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%dx%d: got %v, want %v", c.width, c.height, got, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	p := Standard()
	for _, c := range []struct {
		seconds  int
		seekable bool
		want     []int // segments of each part
	}{
		{1, true, []int{1}},
		{12, true, []int{3}},
		{16, true, []int{4}},
		{20, true, []int{5}},
		{24, true, []int{4, 2}},
		{80, true, []int{4, 4, 6, 4, 2}},
		{90, true, []int{4, 4, 6, 5, 4}},
		{7200, true, append([]int{4, 4, 6, 11}, append(slices.Repeat([]int{15}, 117), 10, 5, 5)...)},
		{7200, false, []int{1800}},
	} {
		var got []int
		var at int64
		cuttable := int64(0)
		if c.seekable {
			cuttable = int64(c.seconds)*24 - 1
		}
		for n, part := range p.parts(int64(c.seconds)*24, 96, cuttable) {
			got = append(got, part.Segments)
			if part.Number != n || part.FirstFrame != at || part.FirstFrame != int64(part.FirstSegment)*96 {
				t.Errorf("%d s: part %+v, expected at frame %d", c.seconds, part, at)
			}
			at += part.Frames
		}
		if at != int64(c.seconds)*24 || !slices.Equal(got, c.want) {
			t.Errorf("%d s: %d frames in %v, want %v", c.seconds, at, got, c.want)
		}
	}
}

// plan is the plan of a film, without looking at one.
func plan(t *testing.T, width, height int, length time.Duration) Plan {
	t.Helper()
	tr := &Transcoder{profile: Standard(), workers: 2}
	p, err := tr.Plan(Media{
		Kind: models.KindVideo, Duration: length, Seekable: true,
		Video: &VideoStream{Width: width, Height: height, Pixels: width * height, Rate: big.NewRat(24, 1), Last: length, End: length},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLiveRenditions(t *testing.T) {
	for _, c := range []struct {
		plan Plan
		want []string
	}{
		{plan(t, 1920, 1080, time.Minute), []string{"v/360p24"}},
		{plan(t, 854, 480, time.Minute), []string{"v/240p24", "v/360p24", "v/480p24"}},
	} {
		var got []string
		for _, r := range c.plan.Renditions {
			if r.Live {
				got = append(got, r.ID)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}
