package ffmpeg

import (
	"encoding/binary"
	"io"
)

// The bounds of the walk over an ISO base media file (ISO/IEC 14496-12).
const (
	maxBoxes    = 200_000
	maxBoxDepth = 12
)

// boxWalk looks for what ffprobe keeps silent about: encryption, tags in numbers
// that make it slow, and a clock without ticks, for which it takes one of its own.
type boxWalk struct {
	r       io.ReaderAt
	boxes   int
	tags    int
	stopped bool // the track at hand has no clock
	code    string
}

// checkBoxes returns CodeEncrypted, CodeMetadataTooLarge, CodeDurationMismatch or
// nothing. It reads box headers, and what the headers of tracks say.
func checkBoxes(r io.ReaderAt, size int64) string {
	w := &boxWalk{r: r}
	w.walk(0, size, 0, "")
	if w.code == "" && w.boxes > maxBoxes {
		return CodeMetadataTooLarge
	}
	return w.code
}

// walk visits the boxes in [at, end) and goes into those that matter.
func (w *boxWalk) walk(at, end int64, depth int, parent string) {
	for w.code == "" && at+8 <= end {
		if w.boxes++; w.boxes > maxBoxes || depth > maxBoxDepth {
			return
		}
		kind, header, length, ok := w.header(at, end)
		if !ok {
			return
		}
		w.visit(kind, parent)
		switch kind {
		case "mdhd":
			w.clock(at + header)
		case "hdlr":
			w.handler(at+header, parent)
		}
		if skip, inside := children(kind, parent); inside {
			w.walk(at+header+skip, at+length, depth+1, kind)
		}
		if kind == "moov" && depth == 0 {
			return // what follows is media
		}
		at += length
	}
}

// header reads a box's type, header length and whole length, cut at end.
func (w *boxWalk) header(at, end int64) (kind string, header, length int64, ok bool) {
	var h [16]byte
	n, _ := w.r.ReadAt(h[:min(16, end-at)], at)
	if n < 8 {
		return "", 0, 0, false
	}
	header, length = 8, int64(binary.BigEndian.Uint32(h[:]))
	switch {
	case length == 0:
		length = end - at
	case length == 1 && n == 16:
		header, length = 16, int64(binary.BigEndian.Uint64(h[8:]))
	}
	if length < header {
		return "", 0, 0, false
	}
	return string(h[4:8]), header, min(length, end-at), true
}

func (w *boxWalk) visit(kind, parent string) {
	switch {
	case parent == "stsd":
		switch kind {
		case "encv", "enca", "enct", "encs", "encu", "drms", "drmi", "drmt", "aavd":
			w.code = CodeEncrypted
		}
	case parent == "ilst", parent == "udta":
		if w.tags++; w.tags > maxTagFrames {
			w.code = CodeMetadataTooLarge
		}
	}
}

// clock notes whether the seconds of a track have ticks.
func (w *boxWalk) clock(at int64) {
	var head [24]byte // version, flags, two dates of 4 or 8 bytes, time scale
	n, _ := w.r.ReadAt(head[:], at)
	scale := head[12:16]
	if head[0] == 1 {
		scale = head[20:24]
	}
	w.stopped = n == len(head) && binary.BigEndian.Uint32(scale) == 0
}

// handler refuses pictures and sound without a clock: their times mean nothing.
func (w *boxWalk) handler(at int64, parent string) {
	var head [12]byte // version, flags, a number, what the track is
	if n, _ := w.r.ReadAt(head[:], at); n < len(head) || parent != "mdia" || !w.stopped {
		return
	}
	if of := string(head[8:]); of == "vide" || of == "soun" {
		w.code = CodeDurationMismatch
	}
}

// children says whether a box holds boxes worth visiting, and how many bytes of
// its own come before them.
func children(kind, parent string) (skip int64, inside bool) {
	switch kind {
	case "moov", "trak", "mdia", "minf", "stbl", "udta", "ilst":
		return 0, true
	case "stsd":
		return 8, true
	case "meta":
		return 4, parent == "udta" || parent == "moov" || parent == "trak"
	}
	return 0, false
}
