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
	if m.Video == nil && p.Duration > 0 {
		m.Duration = p.Duration
		return nil
	}
	tail, err := t.tail(ctx, source, p.Start+p.Duration-tailLength)
	if err != nil {
		return err
	}
	if _, ok := tail.ends[m.first()]; !ok && p.Duration > tailLength {
		// Seeking went nowhere: read all of it.
		if tail, err = t.tail(ctx, source, 0); err != nil {
			return err
		}
	}
	if m.Video != nil {
		m.Video.Last = tail.last[m.Video.Index] - p.Start
		m.Video.End = tail.end(p, m.Video.Index)
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

// tail lists the packets from a time on and keeps the last ones.
func (t *Transcoder) tail(ctx context.Context, source string, from time.Duration) (*endReader, error) {
	e := newEndReader()
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

// endReader reads lines "stream|time|duration" and keeps for each stream the
// latest beginning and the latest end.
type endReader struct {
	last, ends map[int]time.Duration
	rest       []byte
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
	index, err1 := strconv.Atoi(string(fields[0]))
	pts, err2 := strconv.ParseFloat(string(fields[1]), 64)
	if err1 != nil || err2 != nil || math.IsNaN(pts) || math.Abs(pts) > 1e8 {
		return
	}
	length := 0.0
	if len(fields) > 2 {
		if d, err := strconv.ParseFloat(string(fields[2]), 64); err == nil && d > 0 && d < 1e6 {
			length = d
		}
	}
	later(e.last, index, pts)
	later(e.ends, index, pts+length)
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
