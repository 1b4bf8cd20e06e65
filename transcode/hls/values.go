package hls

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// The values of attributes and tags, both ways. Each read accepts only what its
// write can have written, up to leading zeros and missing decimals.

const maxNumber = 1 << 53

func writeInt(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func readInt(s string) (int, error) {
	if s == "" || len(s) > 16 || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("number %q", clip(s))
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > maxNumber {
		return 0, fmt.Errorf("number %q", clip(s))
	}
	return n, nil
}

// writeDecimal writes n units of 10^-places.
func writeDecimal(n int64, places int) string {
	unit := int64(1)
	for range places {
		unit *= 10
	}
	return fmt.Sprintf("%d.%0*d", n/unit, places, n%unit)
}

func readDecimal(s string, places int) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > places || len(whole) > 9 {
		return 0, fmt.Errorf("number %q", clip(s))
	}
	n, err := readInt(whole + fraction + strings.Repeat("0", places-len(fraction)))
	return int64(n), err
}

func writeSeconds(d time.Duration) string {
	return writeDecimal(d.Round(time.Microsecond).Microseconds(), 6)
}

func readSeconds(s string) (time.Duration, error) {
	n, err := readDecimal(s, 6)
	return time.Duration(n) * time.Microsecond, err
}

// milli rounds a rate to thousandths, what FRAME-RATE carries.
func milli(r *big.Rat) int {
	if r == nil {
		return 0
	}
	text := new(big.Rat).Mul(r, big.NewRat(1000, 1)).FloatString(0)
	n, _ := strconv.Atoi(text) // rates are far below 2^63
	return n
}

func writeBool(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

func readBool(s string) (bool, error) {
	if s != "YES" && s != "NO" {
		return false, fmt.Errorf("%q is neither YES nor NO", clip(s))
	}
	return s == "YES", nil
}

func writeResolution(w, h int) string {
	if w == 0 || h == 0 {
		return ""
	}
	return fmt.Sprintf("%dx%d", w, h)
}

func readResolution(s string) (w, h int, err error) {
	left, right, _ := strings.Cut(s, "x")
	w, err1 := readInt(left)
	h, err2 := readInt(right)
	if err1 != nil || err2 != nil || w == 0 || h == 0 {
		return 0, 0, fmt.Errorf("resolution %q", clip(s))
	}
	return w, h, nil
}

// writeRange writes a byte range from the start of a file.
func writeRange(length int64) string { return strconv.FormatInt(length, 10) + "@0" }

func readRange(s string) (int64, error) {
	text, found := strings.CutSuffix(s, "@0")
	n, err := readInt(text)
	if !found || err != nil || n == 0 {
		return 0, fmt.Errorf("range %q", clip(s))
	}
	return int64(n), nil
}

// readURI accepts a relative path that stays in the playlist's folder, without
// query, fragment or escapes.
func readURI(s string) (string, error) {
	for name := range strings.SplitSeq(s, "/") {
		if name == "" || name[0] == '.' {
			return "", fmt.Errorf("URI %q", clip(s))
		}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !uriRune(r) }) {
		return "", fmt.Errorf("URI %q", clip(s))
	}
	return s, nil
}

func uriRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r)
}

func readText(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty value")
	}
	return s, nil
}

// quotable makes a name fit for a quoted string, which has no escapes.
func quotable(s string) string {
	s = strings.ToValidUTF8(s, " ")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case isControl(r):
			return ' '
		}
		return r
	}, s))
}
