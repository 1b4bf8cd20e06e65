package transcode

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"runnel/transcode/ffmpeg"
)

// tailLength is how much of the file's end is read to find where its streams
// really end.
const tailLength = 12 * time.Second

// measure finds the ends of the streams that are kept from their last packets.
// A track needs it only where its container does not say how long it is: sound
// is not cut at a planned length.
func (t *Transcoder) measure(ctx context.Context, source string, p ffmpeg.Probe, m *Media) error {
	jumps := false
	if p.Format == transportStream {
		var err error
		if jumps, err = ffmpeg.ClockJumps(source); err != nil {
			return err
		}
	}
	if m.Video == nil && p.Duration > 0 && !jumps {
		m.Duration = p.Duration
		return nil
	}
	from := p.Start + p.Duration - tailLength
	if jumps {
		from = 0
	}
	tail, err := t.tail(ctx, source, from, jumps)
	if err != nil {
		return err
	}
	if _, ok := tail.ends[m.first()]; !ok && p.Duration > tailLength {
		// Seeking went nowhere: read all of it.
		if tail, err = t.tail(ctx, source, 0, jumps); err != nil {
			return err
		}
	}
	if m.Video != nil {
		m.Video.Last = tail.last[m.Video.Index] - p.Start
		m.Video.End = max(tail.end(p, m.Video.Index), m.Video.Last+durationOf(frameSpan(1, m.Video.Rate)))
		m.Duration = m.Video.End
	}
	for i := range m.Audio {
		m.Audio[i].End = tail.end(p, m.Audio[i].Index)
		m.Duration = max(m.Duration, m.Audio[i].End)
	}
	return nil
}

// end returns where a stream ends, from the container's start: as measured,
// else, for one that ends long before the others, as declared.
func (e *endReader) end(p ffmpeg.Probe, stream int) time.Duration {
	if end, ok := e.ends[stream]; ok {
		return end - p.Start
	}
	for _, s := range p.Streams {
		if s.Index == stream && s.Duration > 0 {
			return min(s.Start+s.Duration, p.Start+p.Duration) - p.Start
		}
	}
	return 0
}

// first is the stream whose end matters most.
func (m *Media) first() int {
	if m.Video != nil {
		return m.Video.Index
	}
	return m.Audio[0].Index
}

// tail lists the packets from a time on and keeps the last ones. Where the clock
// jumps, it is followed as ffmpeg does when it encodes.
func (t *Transcoder) tail(ctx context.Context, source string, from time.Duration, jumps bool) (*endReader, error) {
	e := newEndReader()
	if jumps {
		e.next = map[int]float64{}
		e.shift = map[int]float64{}
	}
	err := t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFprobe, Args: ffmpeg.TailArgs(source, secondsOf(max(from, 0))), Input: source,
		Limits: ffmpeg.Limits{Memory: 2 << 30, CPU: 2 * time.Minute, Wall: 5 * time.Minute, OpenFiles: 256},
		Stdout: e, StdoutLimit: 1 << 40,
	})
	if err != nil {
		return nil, explained("last packets", err)
	}
	e.line(e.rest)
	return e, nil
}

// transportStream is the format whose clock may jump.
const transportStream = "mpegts"

// endReader reads lines "stream|time|decoding time|duration" and keeps for each
// stream the latest beginning and the latest end.
type endReader struct {
	last, ends map[int]time.Duration
	rest       []byte

	// Of each stream, where the clock jumps: the decoding time that is due, and
	// what the jumps were. nil: it does not.
	next, shift map[int]float64
}

func newEndReader() *endReader {
	return &endReader{last: map[int]time.Duration{}, ends: map[int]time.Duration{}}
}

// Write never fails; lines that are not understood are left out.
func (e *endReader) Write(p []byte) (int, error) {
	e.rest = append(e.rest, p...)
	for {
		line, rest, ok := bytes.Cut(e.rest, []byte("\n"))
		if !ok {
			if len(e.rest) > 1<<16 {
				e.rest = nil
			}
			return len(p), nil
		}
		e.line(line)
		e.rest = rest
	}
}

func (e *endReader) line(line []byte) {
	fields := bytes.Split(bytes.TrimSpace(line), []byte("|"))
	if len(fields) < 2 {
		return
	}
	index, err := strconv.Atoi(string(fields[0]))
	pts, ok := seconds(fields[1], 1e8)
	if err != nil || !ok {
		return
	}
	dts, length := pts, 0.0
	if len(fields) > 3 {
		if d, ok := seconds(fields[2], 1e8); ok {
			dts = d
		}
		if d, ok := seconds(fields[3], 1e6); ok && d > 0 {
			length = d
		}
	}
	if e.next != nil {
		pts += e.jump(index, dts, length)
	}
	later(e.last, index, pts)
	later(e.ends, index, pts+length)
}

// ffmpeg takes more than jumpAhead seconds for a jump of the clock, and more
// than jumpBack back.
const (
	jumpAhead = 10
	jumpBack  = 0.1
)

// jump returns what must be added to a stream's times, so that they go on where
// they were when the clock jumped.
func (e *endReader) jump(index int, dts, length float64) float64 {
	due, known := e.next[index]
	if off := dts + e.shift[index] - due; known && (off > jumpAhead || off < -jumpBack) {
		e.shift[index] -= off
	}
	e.next[index] = dts + e.shift[index] + length
	return e.shift[index]
}

// seconds reads a time that is a number and not beyond some bound.
func seconds(field []byte, bound float64) (float64, bool) {
	v, err := strconv.ParseFloat(string(field), 64)
	return v, err == nil && !math.IsNaN(v) && math.Abs(v) <= bound
}

// later keeps the later of two times in seconds.
func later(times map[int]time.Duration, index int, seconds float64) {
	at := time.Duration(math.Round(seconds*1e6)) * time.Microsecond
	if known, ok := times[index]; !ok || at > known {
		times[index] = at
	}
}

// explained gives a failed run the fault of its file, if the file is to blame.
func explained(what string, err error) error {
	if fault := ffmpeg.Explain(err); fault != nil {
		return fmt.Errorf("transcode: %s: %w: %w", what, fault, err)
	}
	return fmt.Errorf("transcode: %s: %w", what, err)
}
