package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth bounds the nesting of a request's JSON; none of ours is deeper than 3.
const maxDepth = 32

var (
	errDuplicateKey = errors.New("a key stands twice")
	errTooDeep      = errors.New("nested too deeply")
	errTrailing     = errors.New("something follows the JSON value")
	errNotUnicode   = errors.New("text is not valid Unicode")
)

// strictFormat is huma's JSON format with the input held to RFC 8259 and I-JSON
// (RFC 7493): one value, unique keys, valid Unicode, bounded depth.
func strictFormat() huma.Format {
	return huma.Format{Marshal: marshalJSON, Unmarshal: unmarshalStrict}
}

func marshalJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(true)
	return enc.Encode(v)
}

func unmarshalStrict(data []byte, v any) error {
	if err := checkJSON(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func checkJSON(data []byte) error {
	if !utf8.Valid(data) || loneSurrogate(data) {
		return errNotUnicode
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := checkValue(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errTrailing
	}
	return nil
}

func checkValue(dec *json.Decoder, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return checkObject(dec, depth)
	case json.Delim('['):
		for dec.More() {
			if err := checkValue(dec, depth+1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	}
	return err
}

func checkObject(dec *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok || seen[key] {
			return errDuplicateKey
		}
		seen[key] = true
		if err := checkValue(dec, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// loneSurrogate reports a \u escape of half a surrogate pair, which
// encoding/json would silently replace.
func loneSurrogate(data []byte) bool {
	high := false
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' || i+1 >= len(data) {
			if high {
				return true
			}
			continue
		}
		unit, isUnit := escapedUnit(data[i:])
		switch {
		case isUnit && unit >= 0xdc00 && unit < 0xe000:
			if !high {
				return true
			}
			high = false
		case high:
			return true
		case isUnit && unit >= 0xd800 && unit < 0xdc00:
			high = true
		}
		if isUnit {
			i += 5
		} else {
			i++
		}
	}
	return high
}

// escapedUnit reads `\uXXXX` at the start of b.
func escapedUnit(b []byte) (uint32, bool) {
	if len(b) < 6 || b[1] != 'u' {
		return 0, false
	}
	var unit uint32
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | uint32(c)
	}
	return unit, true
}
