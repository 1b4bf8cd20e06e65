package corpus

import "context"

// tagged puts an ID3v2.3 tag (https://id3.org/id3v2.3.0) of frames before a
// track.
func tagged(frames ...[]byte) Recipe {
	return patched("mp3", func(b []byte) []byte { return append(id3(frames...), b...) })
}

func id3(frames ...[]byte) []byte {
	var body []byte
	for _, f := range frames {
		body = append(body, f...)
	}
	n := len(body)
	return append([]byte{'I', 'D', '3', 3, 0, 0, byte(n>>21) & 0x7f, byte(n>>14) & 0x7f, byte(n>>7) & 0x7f, byte(n) & 0x7f}, body...)
}

func frame(name string, body string) []byte {
	n := len(body)
	return append(append([]byte(name), byte(n>>24), byte(n>>16), byte(n>>8), byte(n), 0, 0), body...)
}

// attached is a cover picture of a type, as it says.
func attached(mime string, data []byte) []byte {
	return frame("APIC", "\x00"+mime+"\x00\x03\x00"+string(data))
}

// lured is tagged, with lures in the frames.
func lured(frames ...[]byte) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		var filled [][]byte
		for _, f := range frames {
			filled = append(filled, frame(string(f[:4]), w.fill(string(f[10:]))))
		}
		return tagged(filled...)(ctx, w, path)
	}
}
