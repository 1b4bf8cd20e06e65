package gateway

import (
	"errors"
	"net/http"
)

var errTooLong = errors.New("the response is longer than this gateway sends")

// bounded stops a response after so many bytes, or when they no longer flow. It
// deliberately has no ReadFrom, which would pass both by.
type bounded struct {
	http.ResponseWriter
	patience *patience
	left     int64 // below zero: no bound
	begun    bool  // before patience ended
	cut      bool
}

// WriteHeader notes that the answer can no longer become an error.
func (b *bounded) WriteHeader(status int) {
	b.begun = b.begun || !b.patience.over.Load()
	b.ResponseWriter.WriteHeader(status)
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
	b.begun = b.begun || !b.patience.over.Load()
	b.patience.wait()
	n, err := b.ResponseWriter.Write(p)
	if n > 0 {
		b.patience.sent()
	}
	return n, err
}

// Unwrap serves http.ResponseController.
func (b *bounded) Unwrap() http.ResponseWriter { return b.ResponseWriter }
