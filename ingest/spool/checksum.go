package spool

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // tus requires SHA-1 for transport damage; nothing is trusted by it
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"strings"

	"runnel/models"
)

// checksumAlgorithms is what Tus-Checksum-Algorithm announces.
const checksumAlgorithms = "sha1,sha256,crc32"

// checksum is a parsed Upload-Checksum header.
type checksum struct {
	hash hash.Hash
	want []byte
}

// parseChecksum reads "sha1 base64"; anything else is nil.
func parseChecksum(header string) *checksum {
	name, sum, ok := strings.Cut(header, " ")
	if !ok {
		return nil
	}
	var h hash.Hash
	switch name {
	case "sha1":
		h = sha1.New() //nolint:gosec // see the import
	case "sha256":
		h = sha256.New()
	case "crc32":
		h = crc32.NewIEEE()
	default:
		return nil
	}
	want, err := base64.StdEncoding.DecodeString(sum)
	if err != nil || len(want) != h.Size() {
		return nil
	}
	return &checksum{hash: h, want: want}
}

// writeChecked appends src whole or not at all: nothing is acknowledged before
// its checksum has been compared.
func (u *upload) writeChecked(ctx context.Context, f *os.File, offset int64, src io.Reader, sum *checksum) (int64, error) {
	end := offset
	err := u.copy(f, offset, io.TeeReader(src, sum.hash), func(n int64) error { end = n; return nil })
	if err == nil && !bytes.Equal(sum.hash.Sum(nil), sum.want) {
		err = models.NewFault(models.ErrInvalid, "checksum_mismatch", "The bytes were damaged on their way; send them again.")
	}
	if err != nil {
		return 0, err // the next write cuts the file back
	}
	a := newAppender(u, f, offset)
	close(a.done)
	a.end.Store(end)
	n, err := a.finish(context.WithoutCancel(ctx))
	return n - offset, err
}
