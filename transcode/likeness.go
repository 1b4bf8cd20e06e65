package transcode

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/corona10/goimagehash"

	"runnel/transcode/ffmpeg"
)

// What a likeness is made of. Another encoding of the same film is compared by
// the same moments, so these do not change.
const (
	likenessPictures = 8
	likenessSeconds  = 120
	// seekless is how far into a file is looked that cannot be searched.
	seekless = 10 * time.Second
	// minContrast is the least deviation of a picture's brightness, of 255, at
	// which its hash says something: black ones are alike whatever they are from.
	minContrast = 6
)

// soundLikeness measures what the release sounds like. It is a hint for moderators:
// what cannot be measured is left out, and the release is published all the same.
func (j *job) soundLikeness(ctx context.Context) []uint32 {
	if len(j.plan.Media.Audio) == 0 {
		return nil
	}
	const file = "sound.raw"
	dir := filepath.Join(j.work(), "print")
	args, err := ffmpeg.PrintArgs(j.source, j.plan.Media.Audio[0].Index, likenessSeconds, file)
	if err == nil {
		err = j.measureLikeness(ctx, dir, j.source, args)
	}
	if err != nil && ctx.Err() == nil {
		j.t.log.Info("likeness of the sound left out", "err", err)
	}
	return soundPrint(filepath.Join(dir, file)) // also what was made before it failed
}

// pictureLikeness measures what the release looks like, as soundLikeness does
// its sound. The pictures are those of the lowest rung: the source is not decoded
// again for them.
func (j *job) pictureLikeness(ctx context.Context) (hashes []uint64) {
	frames := j.plan.glimpses()
	if len(frames) == 0 {
		return nil
	}
	dir, film := filepath.Join(j.work(), "glimpses"), filepath.Join(j.momentsDir(), "film.mp4")
	taken, err := j.momentsFilm(film, frames)
	var args []string
	if err == nil {
		args, err = ffmpeg.GlimpseArgs(ffmpeg.Glimpses{Input: film, Frames: taken, Pattern: "%d.jpg"})
	}
	if err == nil {
		err = j.measureLikeness(ctx, dir, film, args)
	}
	if err != nil && ctx.Err() == nil {
		j.t.log.Info("likeness of the picture left out", "err", err)
	}
	for i := range frames {
		if hash, ok := pictureHash(filepath.Join(dir, fmt.Sprintf("%d.jpg", i))); ok {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

func (j *job) measureLikeness(ctx context.Context, dir, input string, args []string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return j.t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: input, Dir: dir, Nice: 5,
		Limits: ffmpeg.Limits{Memory: 4 << 30, CPU: 5 * time.Minute, Wall: 10 * time.Minute, FileSize: 1 << 20, OpenFiles: 256},
	})
}

// moments returns when pictures are taken: evenly over the film, and no more
// than one a second.
func moments(end time.Duration, seekable bool) []*big.Rat {
	if !seekable {
		end = min(end, seekless)
	}
	n := min(likenessPictures, max(2, int(end/time.Second)))
	at := make([]*big.Rat, n)
	for i := range at {
		at[i] = new(big.Rat).Mul(secondsOf(end), big.NewRat(int64(2*i+1), int64(2*n)))
	}
	return at
}

// pictureHash reads a picture and returns its perceptual hash; false where there
// is none, or one that shows nothing. The file is what a stranger's program wrote.
func pictureHash(path string) (uint64, bool) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(raw))
	if err != nil || cfg.Width > 256 || cfg.Height > 256 {
		return 0, false
	}
	picture, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil || contrast(picture) < minContrast {
		return 0, false
	}
	hash, err := goimagehash.PerceptionHash(picture)
	if err != nil {
		return 0, false
	}
	return hash.GetHash(), true
}

// contrast returns the standard deviation of a picture's brightness, of 255.
func contrast(picture image.Image) float64 {
	b := picture.Bounds()
	var sum, squares, n float64
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := picture.At(x, y).RGBA()
			v := (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(bl)) / 257
			sum, squares, n = sum+v, squares+v*v, n+1
		}
	}
	return math.Sqrt(max(0, squares/n-sum/n*sum/n))
}

// soundPrint reads Chromaprint's sub-fingerprints, 32 bits each in the machine's
// order; nil where there are none.
func soundPrint(path string) (out []uint32) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for ; len(raw) >= 4 && len(out) < 16*likenessSeconds; raw = raw[4:] {
		out = append(out, binary.NativeEndian.Uint32(raw))
	}
	return out
}
