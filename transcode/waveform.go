package transcode

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// WaveformPath is the waveform's name inside the release: the JSON of
// audiowaveform, version 2, with pairs of least and greatest values in 8 bits.
const WaveformPath = "x/waveform.json"

// maxPeaks is how many pairs a waveform has at most; it has at least half as
// many, unless the track is shorter than that many times leastSpan.
const (
	maxPeaks  = 2048
	leastSpan = 128 // samples of one channel
)

// waveform measures how loud a track is over its length. It decodes the source
// once more: far faster than encoding, and independent of how that is done.
func (j *job) waveform(ctx context.Context, r *Result) error {
	if j.plan.Kind != models.KindTrack {
		return nil
	}
	s := j.plan.Media.Audio[0]
	channels := min(max(s.Channels, 1), 2)
	args, err := ffmpeg.SampleArgs(j.source, s.Index, channels)
	if err != nil {
		return err
	}
	p := &peaks{span: leastSpan * channels}
	err = j.t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Stdout: p, StdoutLimit: 1 << 40, Nice: 5,
		Limits: ffmpeg.Limits{Memory: 2 << 30, Wall: 5*time.Minute + j.plan.Duration, OpenFiles: 256},
	})
	if err != nil {
		return err
	}
	data, err := p.json(s.SampleRate, channels)
	if err != nil || data == nil {
		return err
	}
	f, err := j.write(WaveformPath, data)
	if err != nil {
		return err
	}
	r.Beside = append(r.Beside, f)
	return nil
}

// peaks takes samples and keeps the least and greatest of each stretch. When
// there are too many stretches, each two become one.
type peaks struct {
	span  int // samples in a stretch, of all channels
	pairs [][2]int16
	now   [2]int16
	count int // samples in now
	odd   []byte
}

// Write implements io.Writer for 16-bit little-endian samples.
func (p *peaks) Write(b []byte) (int, error) {
	n := len(b)
	if len(p.odd) == 1 && n > 0 {
		p.add(int16(binary.LittleEndian.Uint16([]byte{p.odd[0], b[0]})))
		p.odd, b = nil, b[1:]
	}
	for ; len(b) > 1; b = b[2:] {
		p.add(int16(binary.LittleEndian.Uint16(b)))
	}
	if len(b) == 1 {
		p.odd = []byte{b[0]}
	}
	return n, nil
}

func (p *peaks) add(v int16) {
	p.now[0], p.now[1] = min(p.now[0], v), max(p.now[1], v)
	if p.count++; p.count == p.span {
		p.close()
	}
}

// close ends a stretch.
func (p *peaks) close() {
	p.pairs = append(p.pairs, p.now)
	p.now, p.count = [2]int16{}, 0
	if len(p.pairs) < maxPeaks {
		return
	}
	for i := range maxPeaks / 2 {
		a, b := p.pairs[2*i], p.pairs[2*i+1]
		p.pairs[i] = [2]int16{min(a[0], b[0]), max(a[1], b[1])}
	}
	p.pairs, p.span = p.pairs[:maxPeaks/2], 2*p.span
}

// json returns the file, or nil for no sound at all.
func (p *peaks) json(rate, channels int) ([]byte, error) {
	if p.count > 0 {
		p.close()
	}
	if len(p.pairs) == 0 {
		return nil, nil
	}
	data := make([]int, 0, 2*len(p.pairs))
	for _, pair := range p.pairs {
		data = append(data, int(pair[0]>>8), int(pair[1]>>8))
	}
	return json.Marshal(struct {
		Version  int   `json:"version"`
		Channels int   `json:"channels"`
		Rate     int   `json:"sample_rate"`
		Span     int   `json:"samples_per_pixel"`
		Bits     int   `json:"bits"`
		Length   int   `json:"length"`
		Data     []int `json:"data"`
	}{2, 1, rate, p.span / channels, 8, len(p.pairs), data})
}
