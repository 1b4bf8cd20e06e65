package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// looksImage recognises still images.
func looksImage(head []byte) bool {
	for _, magic := range []string{
		"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "II*\x00", "MM\x00*", "8BPS",
		"\x00\x00\x01\x00", "\xff\x0a", "\x00\x00\x00\x0cJXL ", "\x00\x00\x00\x0cjP  ", "qoif",
	} {
		if bytes.HasPrefix(head, []byte(magic)) && !isMPEG(head) {
			return true
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return true
	}
	if len(head) >= 26 && string(head[:2]) == "BM" && binary.LittleEndian.Uint32(head[6:]) == 0 {
		return true
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return slices.Contains([]string{"avif", "heic", "heix", "heif", "mif1"}, string(head[8:12]))
	}
	return false
}

// isMPEG tells an MPEG start code (00 00 01 and a code of ba, b3, …) from the
// icon that begins with 00 00 01 00.
func isMPEG(head []byte) bool {
	return len(head) > 3 && bytes.HasPrefix(head, []byte{0, 0, 1}) && head[3] != 0
}

// looksForeign recognises archives, programs and documents, which ffprobe may
// take for some rare kind of media.
func looksForeign(head []byte) bool {
	for _, magic := range []string{
		"PK\x03\x04", "PK\x05\x06", "\x1f\x8b", "BZh", "7z\xbc\xaf", "Rar!", "\xfd7zXZ", "\x28\xb5\x2f\xfd",
		"\x7fELF", "MZ", "%PDF", "\xca\xfe\xba\xbe", "SQLite format 3",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) > 262 && string(head[257:262]) == "ustar"
}

// looksContained recognises the beginnings of the formats on our list.
func looksContained(head []byte) bool {
	if isBoxes(head) || isMPEG(head) || isTransportStream(head) {
		return true
	}
	for _, magic := range []string{
		"\x1aE\xdf\xa3", "RIFF", "RF64", "riff", "FLV", "\x30\x26\xb2\x75", "OggS", "ID3", "fLaC", "FORM", "caff", "#!AMR",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return isAudioFrames(head)
}

// isBoxes recognises ISO base media files by their first box.
func isBoxes(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	return slices.Contains([]string{
		"ftyp", "styp", "moov", "moof", "mdat", "wide", "free", "skip", "pnot", "sidx", "uuid", "emsg",
	}, string(head[4:8]))
}

// isTransportStream looks for sync bytes at the distances of plain, timestamped
// (M2TS) and error-corrected packets.
func isTransportStream(head []byte) bool {
	for _, size := range []int{188, 192, 204} {
		for start := 0; start < min(len(head), 204); start++ {
			n := 0
			for at := start; at < len(head) && head[at] == 0x47; at += size {
				n++
			}
			if n >= 3 && (n+1)*size >= len(head)-start {
				return true
			}
		}
	}
	return false
}

// isAudioFrames recognises MPEG audio and ADTS by the sync word.
func isAudioFrames(head []byte) bool {
	return len(head) > 2 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && head[1]&0x18 != 0x08
}
