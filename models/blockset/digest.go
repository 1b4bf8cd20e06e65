package blockset

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Digest is a SHA-256; in JSON, standard base64 with padding.
type Digest [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, d[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil {
		return err
	}
	if len(b) != len(d) {
		return errors.New("digest of the wrong length")
	}
	copy(d[:], b)
	return nil
}
