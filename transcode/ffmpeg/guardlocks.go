package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// checkLocks returns CodeEncrypted for what ffmpeg opens without a word and
// decodes to noise: scrambled transport streams, Windows Media with a licence,
// Matroska with encrypted tracks. It reads a bounded part of the file.
func checkLocks(r io.ReaderAt, size int64, head []byte) string {
	locked := false
	switch {
	case bytes.HasPrefix(head, []byte("\x30\x26\xb2\x75")):
		locked = protectedASF(r, size)
	case bytes.HasPrefix(head, []byte("\x1aE\xdf\xa3")):
		locked = (&ebmlWalk{r: r}).encrypted(0, size, 0)
	case isTransportStream(head):
		locked = scrambledTS(r, head)
	}
	if locked {
		return CodeEncrypted
	}
	return ""
}

// protectedASF looks for an encryption object in the header (ASF specification,
// 3.14 to 3.16).
func protectedASF(r io.ReaderAt, size int64) bool {
	const most = 1000 // objects
	at := int64(30)
	for range most {
		var h [24]byte
		if _, err := r.ReadAt(h[:], at); err != nil {
			return false
		}
		switch string(h[:16]) {
		case "\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e", // Content Encryption
			"\x14\xe6\x8a\x29\x22\x26\x17\x4c\xb9\x35\xda\xe0\x7e\xe9\x28\x9c", // Extended Content Encryption
			"\x36\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c": // Data: the header's end
			return h[0] != 0x36
		}
		length := int64(binary.LittleEndian.Uint64(h[16:]))
		if length < 24 || length > size {
			return false
		}
		at += length
	}
	return false
}

// scrambledTS reports whether most of a transport stream's beginning is
// scrambled (ISO/IEC 13818-1, 2.4.3.3). A file may begin before its key does, and
// the tables are never scrambled.
func scrambledTS(r io.ReaderAt, head []byte) bool {
	packet, start := packets(head)
	if packet == 0 {
		return false
	}
	raw := make([]byte, 1<<20)
	n, _ := r.ReadAt(raw, 0)
	locked, open := 0, 0
	for at := start; at+4 <= n; at += packet {
		pid := binary.BigEndian.Uint16(raw[at+1:]) & 0x1fff
		switch {
		case raw[at] != 0x47, pid < 0x20, pid == 0x1fff, raw[at+3]&0x10 == 0: // lost, tables, stuffing, no payload
		case raw[at+3]&0x80 != 0:
			locked++
		case !startsTable(raw[at:min(at+packet, n)]):
			open++
		}
	}
	return locked > open
}

// startsTable reports whether a packet holds a table, which begins after a
// pointer, and no PES packet, which begins with 00 00 01.
func startsTable(packet []byte) bool {
	return packet[1]&0x40 != 0 && packet[3]&0x20 == 0 && !strings.HasPrefix(string(packet[4:]), "\x00\x00\x01")
}

// packets returns the distance of a transport stream's packets and where the
// first one begins; zero for none.
func packets(head []byte) (size, start int) {
	for _, size := range []int{188, 192, 204} {
		for start := range min(len(head), size) {
			if start+2*size < len(head) && head[start] == 0x47 && head[start+size] == 0x47 && head[start+2*size] == 0x47 {
				return size, start
			}
		}
	}
	return 0, 0
}
