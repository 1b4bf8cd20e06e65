package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"runnel/models"
)

// A transport stream's packets (ISO/IEC 13818-1 §2.4.3.2), alone or with a time
// stamp before or a checksum after each, and its clock.
const (
	tsPacket = 188
	tsSync   = 0x47
	tsHertz  = 90_000
	tsWrap   = 1 << 33
)

const (
	// tsWindow is how much is read at a place, and tsPlaces how many places of a
	// large file are looked at.
	tsWindow = 128 << 10
	tsPlaces = 1024
	// tsJump is the least jump of a clock, in seconds, that ffmpeg takes for one
	// and closes; more may pass between two places of a large file.
	tsJump = 10
)

// ClockJumps reports whether the clock of a transport stream jumps, so that its
// first and last time say nothing of its length. It reads all of a small file and
// samples of a large one. A file in another format has none.
func ClockJumps(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("ffmpeg: input: %w", models.ErrNotFound)
	}
	if err != nil {
		return false, fmt.Errorf("ffmpeg: input: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("ffmpeg: input: %w", err)
	}
	return clockJumps(f, info.Size())
}

// clockJumps is ClockJumps on any bytes. At a large file's places the clock is
// held against what the place before lets expect.
func clockJumps(r io.ReaderAt, size int64) (bool, error) {
	step := max(tsWindow, size/tsPlaces)
	c := tsClock{last: map[uint16]int64{}, slack: tsJump * tsHertz}
	if step > tsWindow {
		c.slack *= 6
	}
	buf := make([]byte, tsWindow)
	for at := int64(0); at < size && !c.jumped; at += step {
		n, err := r.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("ffmpeg: input: %w", err)
		}
		c.read(buf[:n])
	}
	return c.jumped, nil
}

// tsClock follows the clock references of each packet identifier.
type tsClock struct {
	last   map[uint16]int64
	slack  int64
	jumped bool
}

// read looks at every packet in a window; the ones cut at its ends do not count.
func (c *tsClock) read(b []byte) {
	stride := tsStride(b)
	if stride == 0 {
		return
	}
	for at := bytes.IndexByte(b, tsSync); at >= 0 && at+tsPacket <= len(b); {
		if b[at] != tsSync {
			next := bytes.IndexByte(b[at:], tsSync)
			if next < 0 {
				return
			}
			at += next
			continue
		}
		c.packet(b[at : at+tsPacket])
		at += stride
	}
}

// tsStride returns the distance of packets, 0 where there are none.
func tsStride(b []byte) int {
	for _, stride := range []int{188, 192, 204} {
		for at := 0; at < stride && at+4*stride < len(b); at++ {
			if b[at] == tsSync && b[at+stride] == tsSync && b[at+2*stride] == tsSync && b[at+3*stride] == tsSync && b[at+4*stride] == tsSync {
				return stride
			}
		}
	}
	return 0
}

// packet compares a packet's clock reference, if it has one, with the last one
// of its kind.
func (c *tsClock) packet(p []byte) {
	if p[3]&0x20 == 0 || p[4] < 7 || p[5]&0x10 == 0 {
		return
	}
	pid := uint16(p[1]&0x1f)<<8 | uint16(p[2])
	now := int64(p[6])<<25 | int64(p[7])<<17 | int64(p[8])<<9 | int64(p[9])<<1 | int64(p[10])>>7
	before, known := c.last[pid]
	c.last[pid] = now
	if !known {
		return
	}
	ahead := (now - before + tsWrap) % tsWrap
	if ahead > c.slack {
		c.jumped = true
	}
}
