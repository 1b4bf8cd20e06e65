package ffmpeg

import "strings"

// stderrTail is how much of a tool's log a RunError keeps.
const stderrTail = 16 << 10

// tailBuffer keeps the last max bytes written to it.
type tailBuffer struct {
	max int
	buf []byte
}

func (t *tailBuffer) Write(p []byte) (int, error) {
	n := len(p)
	if n > t.max {
		p = p[n-t.max:]
	}
	if over := len(t.buf) + len(p) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	t.buf = append(t.buf, p...)
	return n, nil
}

// String returns the tail as valid UTF-8.
func (t *tailBuffer) String() string { return strings.ToValidUTF8(string(t.buf), "\uFFFD") }
