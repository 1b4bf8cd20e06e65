package ffmpeg

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// transport is a stream of so many packets of picture, the last of them
// scrambled.
func transport(packets, scrambled int) []byte {
	var out []byte
	for i := range packets {
		p := bytes.Repeat([]byte{0xff}, 188)
		copy(p, "\x47\x01\x00\x10")
		if i >= packets-scrambled {
			p[3] |= 0x80
		}
		out = append(out, p...)
	}
	return out
}

func TestLocksAreRecognised(t *testing.T) {
	const header = "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x02"
	const matroska = "\x1aE\xdf\xa3\x80\x18\x53\x80\x67\xff\x16\x54\xae\x6b\x8d\xae\x8b\x6d\x80\x88\x62\x40\x85"
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"open transport stream":      {transport(20, 0), ""},
		"scrambled transport stream": {transport(20, 15), CodeEncrypted},
		"a few scrambled packets":    {transport(20, 5), ""},
		"open windows media":         {[]byte(header + "\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65\x18\x00\x00\x00\x00\x00\x00\x00"), ""},
		"protected windows media":    {[]byte(header + "\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e\x18\x00\x00\x00\x00\x00\x00\x00"), CodeEncrypted},
		"compressed matroska":        {[]byte(matroska + "\x50\x34\x82\x42\x54"), ""},
		"encrypted matroska":         {[]byte(matroska + "\x50\x35\x82\x47\xe1"), CodeEncrypted},
		"matroska cut in a number":   {[]byte("\x1aE\xdf\xa3\x80\x18\x53"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			head := c.data[:min(len(c.data), sniffBytes)]
			require.Equal(t, c.code, checkLocks(bytes.NewReader(c.data), int64(len(c.data)), head))
		})
	}
}
