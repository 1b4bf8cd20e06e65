package corpus

import (
	"bytes"
	"encoding/binary"
)

// becomeText makes the sound of an AVI a stream of text, whose first chunk
// begins with the given one.
func becomeText(b []byte, text string) []byte {
	b = bytes.Replace(b, []byte("auds"), []byte("txts"), 1)
	if at := bytes.Index(b, []byte("01wb")); at >= 0 && at+8+len(text) < len(b) {
		copy(b[at+8:], text)
	}
	return bytes.ReplaceAll(b, []byte("01wb"), []byte("01tx"))
}

// wave is a WAV file that says of itself what it is told to.
func wave(channels uint16, rate, length uint32, samples []byte) []byte {
	le := binary.LittleEndian
	format := le.AppendUint16(nil, 1)
	format = le.AppendUint16(format, channels)
	format = le.AppendUint32(format, rate)
	format = le.AppendUint32(format, rate*uint32(channels)*2)
	format = le.AppendUint16(format, channels*2)
	format = le.AppendUint16(format, 16)
	out := le.AppendUint32([]byte("RIFF"), 36+length)
	out = le.AppendUint32(append(out, "WAVEfmt "...), uint32(len(format)))
	out = le.AppendUint32(append(append(out, format...), "data"...), length)
	return append(out, samples...)
}

// second is a second of something loud at 48 kHz in stereo.
func second() []byte { return random(192_000) }
