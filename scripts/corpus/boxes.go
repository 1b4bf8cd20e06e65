package corpus

import (
	"bytes"
	"encoding/binary"
)

// edit rewrites the payload of a box of an ISO base media file (ISO/IEC
// 14496-12), found as the first child of each name in turn, and the sizes of all
// around it. Offsets into the file stay as they are: only what has its index at
// the end may change its length. What is not found stays.
func edit(data []byte, path []string, change func([]byte) []byte) []byte {
	if len(path) == 0 {
		return change(data)
	}
	for at := 0; at+8 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size < 8 || at+size > len(data) {
			return data
		}
		if kind := string(data[at+4 : at+8]); kind == path[0] {
			own := before(kind)
			inner := edit(bytes.Clone(data[at+8+own:at+size]), path[1:], change)
			out := append(bytes.Clone(data[:at]), box(kind, append(bytes.Clone(data[at+8:at+8+own]), inner...))...)
			return append(out, data[at+size:]...)
		}
		at += size
	}
	return data
}

// before is how many bytes of its own a box has before those that it holds.
func before(kind string) int {
	switch kind {
	case "stsd", "dref":
		return 8
	case "meta":
		return 4
	case "avc1":
		return 78
	}
	return 0
}

// box is a box around a payload.
func box(kind string, payload []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(8+len(payload)))
	return append(append(out, kind...), payload...)
}

// The way to the sample table of the first track, and to its media header.
func table(name string) []string {
	return []string{"moov", "trak", "mdia", "minf", "stbl", name}
}

// put writes big-endian numbers into a box's payload.
func put(at int, numbers ...uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		for i, n := range numbers {
			if at+4*i+4 <= len(b) {
				binary.BigEndian.PutUint32(b[at+4*i:], n)
			}
		}
		return b
	}
}

// edited is a patched stock: one box has numbers of ours.
func edited(stock string, path []string, change func([]byte) []byte) Recipe {
	return patched(stock, func(b []byte) []byte { return edit(b, path, change) })
}

// cut keeps a part of a file from its beginning.
func cut(part float64) func([]byte) []byte {
	return func(b []byte) []byte { return b[:int(part*float64(len(b)))] }
}

// noise flips bits of a file at random from a place on, one in so many bytes,
// the same ones each time.
func noise(b []byte, from int, oneIn uint32, seed uint32) []byte {
	for i, x := from, seed*2654435761+1; i < len(b); i++ {
		x = x*1664525 + 1013904223
		if (x>>8)%oneIn == 0 {
			b[i] ^= 1 << (x >> 29)
		}
	}
	return b
}

// random are bytes without meaning.
func random(n int) []byte {
	out := make([]byte, n)
	for i, x := 0, uint32(1); i < n; i++ {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}
