package transcode

import (
	"fmt"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// voice is one audio rendition.
type voice struct {
	stream     AudioStream
	codec      ffmpeg.AudioCodec
	bitRate    int // bits per second; of FLAC, what the samples take unpacked
	channels   int
	sampleRate int
}

// addVoices adds an audio rendition for each voice and stream, then those of
// surround sound.
func (p Profile) addVoices(plan *Plan, streams []AudioStream, voices []Voice, sampleRate int) {
	add := func(v Voice, n int, s AudioStream) {
		plan.addVoice(n, voice{stream: s, codec: ffmpeg.AAC, bitRate: v.BitRate, channels: v.Channels, sampleRate: sampleRate})
	}
	for _, v := range voices {
		for n, s := range streams {
			add(v, n, s)
		}
	}
	for n, s := range streams {
		if p.Surround.Channels > 0 && ffmpeg.Surround(s.Channels) {
			add(p.Surround, n, s)
		}
	}
}

// The most that FLAC in MP4 carries to players.
const (
	maxLosslessChannels = 8
	maxLosslessRate     = 192_000
)

// addLossless adds the FLAC rendition of a track, in the source's own rate and
// channels.
func (p *Plan) addLossless(s AudioStream) {
	if !s.Lossless || s.Channels > maxLosslessChannels || s.SampleRate > maxLosslessRate {
		return
	}
	p.addVoice(0, voice{
		stream: s, codec: ffmpeg.FLAC, bitRate: s.SampleRate * s.Channels * s.Bits, channels: s.Channels, sampleRate: s.SampleRate,
	})
}

// addVoice adds a rendition of the n-th sound.
func (p *Plan) addVoice(n int, v voice) {
	group := fmt.Sprintf("%s-%d-%d", v.codec, v.bitRate/1000, v.channels)
	p.voices = append(p.voices, v)
	p.Renditions = append(p.Renditions, models.Rendition{
		ID:    fmt.Sprintf("a/%s/%d-%s", group, n, v.stream.Language),
		Media: models.MediaAudio, Group: group, Language: v.stream.Language, Name: v.stream.Name,
		Channels: v.channels, SampleRate: v.sampleRate, Live: v.codec == ffmpeg.AAC, Duration: p.Duration,
		Cap: audioCap(v.bitRate),
	})
}

// audioCap leaves room for ffmpeg's AAC encoder, which keeps an average, for
// noise, which FLAC stores as it is, and for the container.
func audioCap(bitRate int) int { return bitRate*5/4 + 16_000 }

// trackRate keeps the sample rate of a track where AAC and players take it.
func trackRate(s AudioStream) int {
	if s.SampleRate == 44100 || s.SampleRate == 22050 || s.SampleRate == 88200 {
		return 44100
	}
	return 48000
}
