package transcode

import "math/big"

// Profile holds everything that decides the bytes of the renditions, apart from
// the source and ffmpeg itself. A published profile never changes: another
// value needs another name.
type Profile struct {
	Name   string
	Preset string // x264

	Rungs   []Rung // lowest first
	Highest int    // no rung above this size

	GOPSeconds  int // nominal: at 29.97 frames per second a GOP of 2 s lasts 2.002 s
	SegmentGOPs int
	FirstPart   int // segments in the first part, shorter so that all rungs begin early, and in the shortest
	Part        int // segments in the longest part

	DecodeThreads int
	MaxRate       int // frames per second

	VideoAudio []Voice // audio renditions beside video
	TrackAudio []Voice // renditions of a track
	SampleRate int     // of sound beside video

	StillWidth int // widest poster and cover
}

// Rung is one step of the ladder, named by the picture's shorter side.
type Rung struct {
	Size    int    // pixels
	CRF     string // x264's constant rate factor
	MaxRate int    // bits per second at 16:9 and up to 30 frames per second
	Direct  bool   // scaled from the source instead of from the next higher rung
}

// Voice is one encoding of sound.
type Voice struct {
	BitRate  int // bits per second
	Channels int
}

// Standard returns the profile that releases are made with. The first rung to
// go ahead is one of those scaled directly.
func Standard() Profile {
	return Profile{
		Name:   "runnel-h264-2",
		Preset: "veryfast",
		Rungs: []Rung{
			{Size: 240, CRF: "24", MaxRate: 400_000},
			{Size: 360, CRF: "23", MaxRate: 800_000, Direct: true},
			{Size: 480, CRF: "23", MaxRate: 1_500_000},
			{Size: 720, CRF: "23", MaxRate: 3_000_000},
			{Size: 1080, CRF: "23", MaxRate: 5_500_000},
			{Size: 2160, CRF: "23", MaxRate: 18_000_000},
		},
		Highest:       1080,
		GOPSeconds:    2,
		SegmentGOPs:   2,
		FirstPart:     4,
		Part:          15,
		DecodeThreads: 2,
		MaxRate:       60,
		VideoAudio:    []Voice{{64_000, 2}, {128_000, 2}},
		TrackAudio:    []Voice{{64_000, 2}, {128_000, 2}, {256_000, 2}},
		SampleRate:    48000,
		StillWidth:    1280,
	}
}

// standardRates are the frame rates of renditions. The length of a GOP is a
// whole number of milliseconds at each of them.
var standardRates = []*big.Rat{
	big.NewRat(5, 1), big.NewRat(10, 1), big.NewRat(25, 2), big.NewRat(15, 1), big.NewRat(20, 1),
	big.NewRat(24000, 1001), big.NewRat(24, 1), big.NewRat(25, 1), big.NewRat(30000, 1001), big.NewRat(30, 1),
	big.NewRat(48, 1), big.NewRat(50, 1), big.NewRat(60000, 1001), big.NewRat(60, 1),
}

// frameRate returns the standard rate for a source: its own, give or take half
// a per mille, else the next one above, so that no picture is lost, and at most
// limit.
func frameRate(source *big.Rat, limit int) *big.Rat {
	best := standardRates[0]
	for _, r := range standardRates {
		if r.Cmp(big.NewRat(int64(limit), 1)) > 0 {
			break
		}
		best = r
		if new(big.Rat).Mul(source, big.NewRat(9995, 10000)).Cmp(r) <= 0 {
			break
		}
	}
	return best
}

// gop returns the frames of a GOP at a rate: the whole number nearest to the
// nominal seconds, 60 at 29.97.
func (p Profile) gop(rate *big.Rat) int64 {
	n := new(big.Rat).Mul(rate, big.NewRat(int64(p.GOPSeconds), 1))
	return round(n)
}

// segmentFrames returns the frames of a segment at a rate.
func (p Profile) segmentFrames(rate *big.Rat) int64 {
	return p.gop(rate) * int64(p.SegmentGOPs)
}

// segmentSeconds returns the length of a segment. Sound follows the picture's
// grid, so that both are cut at the same moments; alone it has the nominal one.
func (p Profile) segmentSeconds(rate *big.Rat) *big.Rat {
	if rate == nil {
		return big.NewRat(int64(p.GOPSeconds*p.SegmentGOPs), 1)
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt64(p.segmentFrames(rate)), rate)
}

// partSize returns the segments of a part, from those before it and those that
// are left. At the beginning parts grow, because what lies before one is the
// time in which it can be made while a viewer comes to it; at the end they
// shrink, so that no core waits long for the last one.
func (p Profile) partSize(before, left int) int {
	return max(min(before*4/5, (left+1)/2, p.Part), p.FirstPart)
}

// round returns the nearest integer of a positive number.
func round(r *big.Rat) int64 {
	twice := new(big.Rat).Add(new(big.Rat).Add(r, r), big.NewRat(1, 1))
	q := new(big.Int).Quo(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2)))
	return q.Int64()
}

// roundUp returns the smallest integer not below a positive number, but does not
// count a twentieth more: time stamps in milliseconds are wrong by that much of
// a frame.
func roundUp(r *big.Rat) int64 {
	r = new(big.Rat).Sub(r, big.NewRat(50, 1000))
	q, m := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q.Int64()
}
