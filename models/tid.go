package models

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"
)

// tidAlphabet sorts in ASCII order, so that TIDs sort by time.
const tidAlphabet = "234567abcdefghijklmnopqrstuvwxyz"

// NewTID returns a TID, the 13-character sortable identifier of a release: 53
// bits of microseconds since 1970 and 10 random bits, in base32-sortable as in
// the AT Protocol's record keys (https://atproto.com/specs/tid).
func NewTID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails; it ends the program instead
	clock := uint64(binary.BigEndian.Uint16(b[:])) & 0x3ff
	n := (uint64(now.UnixMicro())&(1<<53-1))<<10 | clock
	var out [13]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = tidAlphabet[n&31]
		n >>= 5
	}
	return string(out[:])
}

// TIDTime returns the moment that a valid TID names.
func TIDTime(tid string) time.Time {
	var n uint64
	for i := range len(tid) {
		n = n<<5 | uint64(strings.IndexByte(tidAlphabet, tid[i]))
	}
	return time.UnixMicro(int64(n >> 10)).UTC()
}

// ValidTID reports whether s has the form of a TID.
func ValidTID(s string) bool {
	if len(s) != 13 || s[0] > 'j' { // the top bit is always zero
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '2' || c > '7') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
