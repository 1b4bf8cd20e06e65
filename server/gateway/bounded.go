package gateway

import (
	"errors"
	"net/http"
)

var errTooLong = errors.New("the response is longer than this gateway sends")

// bounded stops a response after so many bytes. It deliberately has no
// ReadFrom, which would pass the count by.
type bounded struct {
	http.ResponseWriter
	left int64 // below zero: no bound
	cut  bool
}

// Write passes p on, or refuses it and everything after it.
func (b *bounded) Write(p []byte) (int, error) {
	if b.cut || b.left >= 0 && int64(len(p)) > b.left {
		b.cut = true
		return 0, errTooLong
	}
	if b.left >= 0 {
		b.left -= int64(len(p))
	}
	return b.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (b *bounded) Unwrap() http.ResponseWriter { return b.ResponseWriter }
