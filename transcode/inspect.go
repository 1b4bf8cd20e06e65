package transcode

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// Media is a source that was looked at and accepted.
type Media struct {
	Kind     models.Kind
	Duration time.Duration // to the end of the longest stream that is kept
	Start    time.Duration // the container's first time stamp
	Seekable bool          // parts can be found quickly and exactly
	Video    *VideoStream  // nil for tracks
	Audio    []AudioStream // the default one first
	Cover    *VideoStream  // a cover picture in the file, or nil
	Tags     map[string]string

	Captions        []CaptionStream
	CaptionPictures int // streams of captions that are pictures
	Chapters        []ffmpeg.Chapter
}

// VideoStream is the picture of a source as it is shown.
type VideoStream struct {
	Index         int
	Width, Height int      // after rotation, in square pixels
	Rate          *big.Rat // frames per second
	Interlaced    bool
	Colour        ffmpeg.Colour // how it becomes SDR in BT.709
	Pixels        int           // coded size
	Stored        [2]int        // width and height as decoded, after rotation
	Last          time.Duration // when its last frame begins
	End           time.Duration
}

// AudioStream is one sound stream of a source.
type AudioStream struct {
	Index      int
	Language   string // BCP 47, "und" when unknown
	Name       string // for a menu
	Channels   int
	SampleRate int
	Lossless   bool // its samples are as they were before encoding
	Bits       int  // of a sample, 16 or 24; more are rounded
	End        time.Duration
}

// The limits of what is accepted.
const (
	maxStreams  = 32
	maxAudio    = 8  // further languages are left out
	maxChannels = 64 // of one sound stream; ffmpeg mixes no more
	maxPixels   = 8192 * 4352
	minSide     = 16
	maxAspect   = 16
	maxDuration = 12 * time.Hour
)

// Inspect looks at a file and decides whether and as what it can be published.
// A file that is refused gives a *models.Fault; other errors may be tried again.
func (t *Transcoder) Inspect(ctx context.Context, source string) (Media, error) {
	probe, err := t.runner.Probe(ctx, source)
	if err != nil {
		return Media{}, fmt.Errorf("transcode: inspect: %w", err)
	}
	m, fault := accept(probe)
	if fault != nil {
		return Media{}, fault
	}
	if m.Video == nil && probe.Duration > maxDuration {
		probe.Duration = 0 // the claim of a header, as long as nobody has looked
	}
	if err := t.measure(ctx, source, probe, &m); err != nil {
		return Media{}, fmt.Errorf("transcode: inspect: %w", err)
	}
	switch {
	case m.Duration > maxDuration:
		return Media{}, ffmpeg.NewFault(ffmpeg.CodeDurationTooLong)
	case m.Duration <= 0:
		return Media{}, ffmpeg.NewFault(ffmpeg.CodeTruncated)
	}
	return m, nil
}

// accept chooses the streams that are published.
func accept(p ffmpeg.Probe) (Media, *models.Fault) {
	if len(p.Streams) > maxStreams {
		return Media{}, ffmpeg.NewFault(ffmpeg.CodeTooManyStreams)
	}
	m := Media{Kind: models.KindTrack, Start: p.Start, Seekable: seekable(p.Format), Tags: p.Tags}
	m.Captions, m.CaptionPictures = chooseCaptions(p.Streams)
	m.Chapters = p.Chapters
	film, fault := chooseFilm(p.Streams)
	if fault != nil {
		return Media{}, fault
	}
	if film != nil {
		m.Kind = models.KindVideo
		m.Video = videoStream(film)
		if fault := m.Video.acceptable(); fault != nil {
			return Media{}, fault
		}
	}
	if m.Audio, fault = chooseAudio(p.Streams); fault != nil {
		return Media{}, fault
	}
	if film == nil && len(m.Audio) == 0 {
		return Media{}, ffmpeg.NewFault(ffmpeg.CodeNoMediaStreams)
	}
	if film == nil {
		m.Cover = cover(p.Streams)
	}
	return m, nil
}

// seekable reports whether a demuxer has an index, so that seeking lands where
// it should. The others are encoded in one part.
func seekable(format string) bool {
	return strings.HasPrefix(format, "mov,") || strings.HasPrefix(format, "matroska")
}
