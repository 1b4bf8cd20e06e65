package ffmpeg

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Progress is one report of ffmpeg's -progress output.
type Progress struct {
	OutTime time.Duration // end of what was written last, on the output's clock; 0 until known
	Frame   int64
	FPS     float64
	Speed   float64 // of real time; 0 until known
	Size    int64   // bytes written; 0 for segmented output
	Dropped int64
	Doubled int64
	End     bool // the last report
}

// maxProgressLine bounds a line; ffmpeg's are below 100 bytes.
const maxProgressLine = 4096

// readProgress calls emit for each complete report in r, until r ends or holds
// something that is not ffmpeg's.
func readProgress(r io.Reader, emit func(Progress)) error {
	var p Progress
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxProgressLine), maxProgressLine)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		p.set(strings.TrimSpace(key), strings.TrimSpace(value))
		if strings.TrimSpace(key) == "progress" {
			emit(p)
			p = Progress{}
		}
	}
	return lines.Err()
}

// set stores one key; unknown keys and values that are not known yet ("N/A")
// change nothing.
func (p *Progress) set(key, value string) {
	switch key {
	case "frame":
		p.Frame = nonNegative(value)
	case "fps":
		p.FPS = positive(value)
	case "out_time_us": // out_time_ms holds microseconds too, by an old mistake
		p.OutTime = microseconds(nonNegative(value))
	case "total_size":
		p.Size = nonNegative(value)
	case "drop_frames":
		p.Dropped = nonNegative(value)
	case "dup_frames":
		p.Doubled = nonNegative(value)
	case "speed":
		p.Speed = positive(strings.TrimSuffix(value, "x"))
	case "progress":
		p.End = value == "end"
	}
}

func nonNegative(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// positive parses a number; what is no ordinary number counts as 0.
func positive(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0) || f > 1e12 {
		return 0
	}
	return f
}

func microseconds(n int64) time.Duration {
	return time.Duration(min(n, int64(1<<63-1)/1000)) * time.Microsecond
}

// progressPipe carries reports from the child's descriptor 3.
type progressPipe struct {
	read, write *os.File
	done        chan struct{}
}

// openProgress gives cmd a pipe and reads it until all writers are gone; with
// emit nil it does nothing.
func openProgress(cmd *exec.Cmd, emit func(Progress)) (*progressPipe, error) {
	if emit == nil {
		return &progressPipe{}, nil
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{write}
	p := &progressPipe{read: read, write: write, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer read.Close()
		_ = readProgress(read, emit)
		_, _ = io.Copy(io.Discard, read) // the writer must never block on us
	}()
	return p, nil
}

// started closes our copy of the writing end, once the child has its own.
func (p *progressPipe) started() {
	if p.write != nil {
		p.write.Close()
	}
}

// wait returns when the last report was handed on. The child has ended; what it
// wrote is in the pipe, and a process that still holds the other end (possible
// only without seccomp) must not keep us.
func (p *progressPipe) wait() {
	if p.done != nil {
		_ = p.read.SetReadDeadline(time.Now().Add(time.Second))
		<-p.done
	}
}
