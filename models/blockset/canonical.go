package blockset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const maxNesting = 16

// canonical returns v as JSON in the form of RFC 8785. It refuses integers
// beyond 2^53, which other readers round, and strings that are not UTF-8.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeValue(&out, tree, 0); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeValue(out *bytes.Buffer, v any, depth int) error {
	if depth > maxNesting {
		return errors.New("JSON nested too deep")
	}
	switch v := v.(type) {
	case map[string]any:
		return writeObject(out, v, depth)
	case []any:
		return writeArray(out, v, depth)
	case string:
		return writeString(out, v)
	case json.Number:
		return writeNumber(out, v)
	case bool:
		out.WriteString(strconv.FormatBool(v))
	case nil:
		out.WriteString("null")
	default:
		return fmt.Errorf("no JSON for %T", v)
	}
	return nil
}

func writeObject(out *bytes.Buffer, m map[string]any, depth int) error {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareUTF16)
	out.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeString(out, k); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeValue(out, m[k], depth+1); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// compareUTF16 orders as RFC 8785 §3.2.3 asks: by UTF-16 code units, which
// differs from byte order where surrogates meet U+E000 and above.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func writeArray(out *bytes.Buffer, list []any, depth int) error {
	out.WriteByte('[')
	for i, v := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeValue(out, v, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

const shortEscapes = "\b\t\n\f\r\"\\"

func writeString(out *bytes.Buffer, s string) error {
	if !utf8.ValidString(s) {
		return errors.New("string is not UTF-8")
	}
	out.WriteByte('"')
	for i := range len(s) {
		c := s[i]
		switch at := strings.IndexByte(shortEscapes, c); {
		case at >= 0:
			out.WriteByte('\\')
			out.WriteByte("btnfr\"\\"[at])
		case c < 0x20:
			fmt.Fprintf(out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return nil
}

// writeNumber writes a number as ECMAScript's Number::toString does.
func writeNumber(out *bytes.Buffer, n json.Number) error {
	f, err := n.Float64()
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return fmt.Errorf("number %s has no IEEE 754 double", n)
	}
	if f == math.Trunc(f) && math.Abs(f) > 1<<53 {
		return fmt.Errorf("integer %s is beyond 2^53", n)
	}
	if f == 0 {
		out.WriteByte('0') // also for -0
		return nil
	}
	_, err = io.WriteString(out, formatDouble(f))
	return err
}

// formatDouble knows only what writeNumber lets through: below 2^53, where
// ECMAScript uses an exponent for small numbers alone.
func formatDouble(f float64) string {
	if math.Abs(f) >= 1e-6 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	// Go pads the exponent to two digits, ECMAScript does not.
	return strings.Replace(strconv.FormatFloat(f, 'e', -1, 64), "e-0", "e-", 1)
}
