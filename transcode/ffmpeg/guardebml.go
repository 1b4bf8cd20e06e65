package ffmpeg

import "io"

// maxElements bounds the walk over a Matroska file.
const maxElements = 10_000

// The elements on the way to an encrypted track (RFC 9559, 5.1).
const (
	ebmlSegment           = 0x18538067
	ebmlCluster           = 0x1F43B675
	ebmlTracks            = 0x1654AE6B
	ebmlTrackEntry        = 0xAE
	ebmlContentEncodings  = 0x6D80
	ebmlContentEncoding   = 0x6240
	ebmlContentEncryption = 0x5035
)

// ebmlWalk looks into a Matroska file's tracks.
type ebmlWalk struct {
	r        io.ReaderAt
	elements int
}

// encrypted reports whether a track in [at, end) is encrypted.
func (w *ebmlWalk) encrypted(at, end int64, depth int) bool {
	for at < end && depth < 8 {
		if w.elements++; w.elements > maxElements {
			return false
		}
		id, header, length, ok := w.header(at, end)
		if !ok {
			return false
		}
		switch id {
		case ebmlContentEncryption:
			return true
		case ebmlCluster: // what follows is media
			return false
		case ebmlSegment, ebmlTracks, ebmlTrackEntry, ebmlContentEncodings, ebmlContentEncoding:
			if w.encrypted(at+header, at+header+length, depth+1) {
				return true
			}
		}
		at += header + length
	}
	return false
}

// header reads an element's id, header length and payload length, cut at end. An
// unknown length reaches to the end.
func (w *ebmlWalk) header(at, end int64) (id uint64, header, length int64, ok bool) {
	var h [12]byte
	n, _ := w.r.ReadAt(h[:min(12, end-at)], at)
	id, idLength := vint(h[:n])
	size, sizeLength := vint(h[min(idLength, n):n])
	if idLength == 0 || idLength > 4 || sizeLength == 0 {
		return 0, 0, 0, false
	}
	header = int64(idLength + sizeLength)
	mark := uint64(1) << (7 * sizeLength)
	if size -= mark; size == mark-1 || size > uint64(end-at-header) {
		size = uint64(max(end-at-header, 0))
	}
	return id, header, int64(size), true
}

// vint reads a number of variable length with its mark; a length of zero: there
// is none.
func vint(b []byte) (value uint64, length int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	length = 1
	for mask := byte(0x80); b[0]&mask == 0; mask >>= 1 {
		length++
	}
	if length > len(b) {
		return 0, 0
	}
	for _, c := range b[:length] {
		value = value<<8 | uint64(c)
	}
	return value, length
}
