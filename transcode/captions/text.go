package captions

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// plain returns a file as lines of UTF-8, whatever it was written in: UTF-8 or
// UTF-16 with a mark, UTF-16 without, UTF-8, else Windows-1252, which is Latin-1
// with quotation marks.
func plain(data []byte) string {
	s := decoded(data)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

func decoded(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD")
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return wide(data[2:], 0)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return wide(data[2:], 1)
	}
	if order, ok := unmarked(data); ok {
		return wide(data, order)
	}
	if utf8.Valid(data) {
		return string(data)
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return ""
	}
	return string(s)
}

// unmarked recognises UTF-16 without a mark: captions have digits, line ends and
// blanks, so that one half of the bytes is often zero and the other never.
func unmarked(data []byte) (order int, ok bool) {
	head := data[:min(len(data), 512)]
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	switch {
	case zero[1] > len(head)/6 && zero[0] == 0:
		return 0, true
	case zero[0] > len(head)/6 && zero[1] == 0:
		return 1, true
	}
	return 0, false
}

// wide decodes UTF-16; order is where the low byte stands in a pair.
func wide(data []byte, order int) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+order]) | uint16(data[2*i+1-order])<<8
	}
	return string(utf16.Decode(units))
}
