package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// clip is a film to be uploaded: a picture that moves, with the noise of a
// camera, and a tone.
type clip struct {
	width, height int
	length        time.Duration
	bitRate       int // bits per second
}

// encode makes the clip's file. It takes about as long as the clip.
func (l *lab) encode(ctx context.Context, name string, c clip) (string, error) {
	path, seconds := l.path(name), strconv.FormatFloat(c.length.Seconds(), 'f', 3, 64)
	rate := strconv.Itoa(c.bitRate)
	_, err := output(ctx, "ffmpeg", "-nostdin", "-v", "error", "-y",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=24:duration=%s,noise=alls=5:allf=t", c.width, c.height, seconds),
		"-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration="+seconds,
		"-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-ac", "2", "-movflags", "+faststart", path)
	return path, err
}

// repeat makes a file that shows another one several times over, without
// encoding it again.
func (l *lab) repeat(ctx context.Context, path, name string, times int) (string, error) {
	long := l.path(name)
	_, err := output(ctx, "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", strconv.Itoa(times-1), "-i", path, "-c", "copy", long)
	return long, err
}
