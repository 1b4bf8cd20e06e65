package ffmpeg

import (
	"encoding/binary"
	"io"
)

// The bounds of tags. ffprobe's work grows with the square of their number:
// 5,000 frames cost it 0.8 s, 40,000 cost 20 s.
const (
	maxTagBytes  = 64 << 20 // of one ID3 tag; covers are large
	maxTagFrames = 5000     // of a whole file
)

// tagBudget counts a file's tags.
type tagBudget struct {
	r      io.ReaderAt
	size   int64
	frames int
}

// checkTags returns CodeMetadataTooLarge for a file with more tags than ffprobe
// should be given: ID3 at the beginning and in AIFF and WAV chunks, FLAC's
// comments. What it cannot find is bounded by the probe's CPU limit.
func checkTags(r io.ReaderAt, size int64, head []byte) string {
	b := &tagBudget{r: r, size: size}
	at := int64(0)
	// A file may begin with several tags.
	for tags := 0; b.hasID3(at); tags++ {
		length, ok := b.id3(at)
		if !ok || tags > 16 {
			return CodeMetadataTooLarge
		}
		at += length
	}
	ok := true
	switch b.magic(at) {
	case "fLaC":
		ok = b.flac(at + 4)
	case "FORM":
		ok = b.chunks(at+12, binary.BigEndian)
	case "RIFF", "RF64":
		ok = b.chunks(at+12, binary.LittleEndian)
	}
	if !ok {
		return CodeMetadataTooLarge
	}
	return ""
}

func (b *tagBudget) magic(at int64) string {
	var m [4]byte
	if b.read(m[:], at) != nil {
		return ""
	}
	return string(m[:])
}

func (b *tagBudget) hasID3(at int64) bool {
	m := b.magic(at)
	return len(m) == 4 && m[:3] == "ID3" && m[3] != 0xff
}

// id3 counts the frames of an ID3v2 tag and returns its length with header;
// false when a bound is exceeded. See https://id3.org/id3v2.4.0-structure.
func (b *tagBudget) id3(at int64) (int64, bool) {
	var h [10]byte
	if b.read(h[:], at) != nil {
		return 10, true
	}
	length := synchsafe(h[6:10])
	if length > maxTagBytes {
		return 0, false
	}
	end := min(at+10+length, b.size)
	header, step := int64(10), frameSize(h[3])
	if h[3] == 2 {
		header = 6
	}
	for pos := at + 10; pos+header <= end; {
		var f [10]byte
		if b.read(f[:header], pos) != nil || f[0] == 0 { // padding
			break
		}
		if b.frames++; b.frames > maxTagFrames {
			return 0, false
		}
		pos += header + step(f[:])
	}
	return 10 + length, true
}

// frameSize returns how a frame of an ID3 version gives its size.
func frameSize(version byte) func([]byte) int64 {
	switch version {
	case 2:
		return func(f []byte) int64 { return int64(f[3])<<16 | int64(f[4])<<8 | int64(f[5]) }
	case 4:
		return func(f []byte) int64 { return synchsafe(f[4:8]) }
	}
	return func(f []byte) int64 { return int64(binary.BigEndian.Uint32(f[4:])) }
}

func synchsafe(b []byte) int64 {
	return int64(b[0]&0x7f)<<21 | int64(b[1]&0x7f)<<14 | int64(b[2]&0x7f)<<7 | int64(b[3]&0x7f)
}

// flac walks metadata blocks up to the comment block and checks the number it
// gives. See RFC 9639, section 8.
func (b *tagBudget) flac(at int64) bool {
	for range 128 {
		var h [4]byte
		if b.read(h[:], at) != nil {
			return true
		}
		length := int64(h[1])<<16 | int64(h[2])<<8 | int64(h[3])
		if h[0]&0x7f == 4 && b.comments(at+4) > maxTagFrames {
			return false
		}
		at += 4 + length
		if h[0]&0x80 != 0 {
			return true
		}
	}
	return false
}

// comments returns the number of comments that a Vorbis comment header claims.
func (b *tagBudget) comments(at int64) uint32 {
	var n [4]byte
	if b.read(n[:], at) != nil {
		return 0
	}
	if b.read(n[:], at+4+int64(binary.LittleEndian.Uint32(n[:]))) != nil {
		return 0
	}
	return binary.LittleEndian.Uint32(n[:])
}

// maxChunks bounds the walk over a RIFF or IFF file.
const maxChunks = 20000

// chunks walks an IFF or RIFF file for ID3 chunks.
func (b *tagBudget) chunks(at int64, order binary.ByteOrder) bool {
	for range maxChunks {
		var h [8]byte
		if b.read(h[:], at) != nil {
			return true
		}
		length := int64(order.Uint32(h[4:]))
		switch string(h[:4]) {
		case "ID3 ", "id3 ":
			if _, ok := b.id3(at + 8); !ok {
				return false
			}
		}
		at += 8 + length + length&1
	}
	return false
}

func (b *tagBudget) read(p []byte, at int64) error {
	_, err := b.r.ReadAt(p, at)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
