package transcode

import (
	"cmp"
	"math/big"
	"slices"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// chooseFilm returns the moving picture: the default one, else the first that
// can be decoded; nil if there is none.
func chooseFilm(streams []ffmpeg.Stream) (*ffmpeg.Stream, *models.Fault) {
	var film *ffmpeg.Stream
	found := false
	for i := range streams {
		s := &streams[i]
		if !s.Film() {
			continue
		}
		found = true
		if s.Decodable && s.Width > 0 && s.Height > 0 && (film == nil || s.Default && !film.Default) {
			film = s
		}
	}
	if found && film == nil {
		return nil, ffmpeg.NewFault(ffmpeg.CodeUnsupportedCodec)
	}
	return film, nil
}

func videoStream(s *ffmpeg.Stream) *VideoStream {
	v := &VideoStream{
		Index: s.Index, Width: s.Width, Height: s.Height, Pixels: s.Width * s.Height, Stored: [2]int{s.Width, s.Height},
		Interlaced: s.Interlaced(), Rate: sourceRate(s.FrameRate, s.RealRate), Colour: s.Colour(),
	}
	if s.SAR != nil && s.SAR.Sign() > 0 && !nearOne(s.SAR) {
		wide := new(big.Rat).Mul(s.SAR, big.NewRat(int64(s.Width), 1))
		if w := round(wide); w > 0 && w < 1<<16 {
			v.Width = int(w)
		}
	}
	if s.Rotation == 90 || s.Rotation == 270 {
		v.Width, v.Height = v.Height, v.Width
		v.Stored[0], v.Stored[1] = v.Stored[1], v.Stored[0]
	}
	return v
}

// nearOne reports whether pixels are square but for the rounding of some scaler.
func nearOne(r *big.Rat) bool {
	off := new(big.Rat).Sub(r, big.NewRat(1, 1))
	return off.Abs(off).Cmp(big.NewRat(1, 100)) < 0
}

// acceptable checks the picture's size and shape.
func (v *VideoStream) acceptable() *models.Fault {
	short, long := min(v.Width, v.Height), max(v.Width, v.Height)
	switch {
	case v.Pixels > maxPixels, v.Width*v.Height > 2*maxPixels, short < minSide:
		return ffmpeg.NewFault(ffmpeg.CodeDimensions)
	case long > short*maxAspect:
		return ffmpeg.NewFault(ffmpeg.CodeBadAspect)
	}
	return nil
}

// sourceRate decides between the average rate and the lowest one that holds all
// time stamps: a steady film has both the same, one with variable rate is given
// the finer grid unless that is far from what it has on average.
func sourceRate(average, real *big.Rat) *big.Rat {
	switch {
	case average == nil && real == nil:
		return big.NewRat(25, 1)
	case average == nil:
		return real
	case real == nil, real.Cmp(average) <= 0:
		return average
	}
	if real.Cmp(big.NewRat(61, 1)) < 0 && real.Cmp(new(big.Rat).Mul(average, big.NewRat(5, 2))) <= 0 {
		return real
	}
	return average
}

// chooseAudio returns the sound streams that are kept, the default one first.
func chooseAudio(streams []ffmpeg.Stream) ([]AudioStream, *models.Fault) {
	var kept []*ffmpeg.Stream
	found := false
	for i := range streams {
		s := &streams[i]
		if s.Type != ffmpeg.Audio {
			continue
		}
		found = true
		if s.Decodable && s.Channels > 0 && s.Channels <= maxChannels && s.SampleRate > 0 {
			kept = append(kept, s)
		}
	}
	if found && len(kept) == 0 {
		return nil, ffmpeg.NewFault(ffmpeg.CodeUnsupportedCodec)
	}
	slices.SortStableFunc(kept, func(a, b *ffmpeg.Stream) int { return cmp.Compare(rank(a), rank(b)) })
	var audio []AudioStream
	for n, s := range kept[:min(len(kept), maxAudio)] {
		lang := languageOf(s.Language)
		audio = append(audio, AudioStream{
			Index: s.Index, Language: lang, Name: menuName(s.Title, lang, n),
			Channels: s.Channels, SampleRate: s.SampleRate, Lossless: s.Lossless(), Bits: s.SampleBits(),
		})
	}
	return audio, nil
}

// rank puts the default first, and last what speaks about the film or describes
// it.
func rank(s *ffmpeg.Stream) int {
	switch {
	case s.Default:
		return 0
	case s.Comment, s.VisualImpaired:
		return 2
	}
	return 1
}

// cover returns the cover picture of a track, if there is one.
func cover(streams []ffmpeg.Stream) *VideoStream {
	for i := range streams {
		s := &streams[i]
		if s.AttachedPic && s.Decodable && s.Width > 0 && s.Height > 0 && s.Width*s.Height <= maxPixels {
			return &VideoStream{Index: s.Index, Width: s.Width, Height: s.Height, Pixels: s.Width * s.Height, Colour: s.Colour()}
		}
	}
	return nil
}
