package blocks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Get returns a block's bytes, hashed in this call. models.ErrNotFound: the
// store does not have it (or could not: not sha2-256); models.ErrCorrupt: the
// file's bytes are not the block's, or the disk cannot read them. The caller
// owns the bytes.
func (s *Store) Get(ctx context.Context, c cid.Cid) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k, ok := keyOf(c)
	if !ok {
		return nil, fmt.Errorf("blocks: get %s: %w", c, models.ErrNotFound)
	}
	data, err := s.read(k)
	if err != nil {
		return nil, fmt.Errorf("blocks: get %s: %w", c, err)
	}
	return data, nil
}

// read returns the bytes of the block k after hashing them.
func (s *Store) read(k key) ([]byte, error) {
	f, err := os.Open(s.path(k))
	if err != nil {
		return nil, readError(err)
	}
	defer f.Close()
	before, plain := stampOf(f)
	data, err := readAll(f)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(data) != k {
		return nil, models.ErrCorrupt
	}
	if plain {
		s.checked.note(k, before)
	}
	return data, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(err)
	}
	defer f.Close()
	return readAll(f)
}

func readAll(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, readError(err)
	}
	if !info.Mode().IsRegular() || info.Size() > MaxBlock {
		return nil, models.ErrCorrupt
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, readError(err)
	}
	return data, nil
}

// readError tells a block that is gone, one that the disk has lost, and a
// machine that cannot answer now.
func readError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return models.ErrNotFound
	case errors.Is(err, syscall.EIO), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", models.ErrCorrupt, err)
	}
	return fmt.Errorf("%w: %w", models.ErrUnavailable, err)
}

// Has reports whether there is a file for the block. It does not read it.
func (s *Store) Has(ctx context.Context, c cid.Cid) (bool, error) {
	_, err := s.Size(ctx, c)
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Size returns the length in bytes of a block's file, which it does not read.
func (s *Store) Size(ctx context.Context, c cid.Cid) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	k, ok := keyOf(c)
	if !ok {
		return 0, fmt.Errorf("blocks: size of %s: %w", c, models.ErrNotFound)
	}
	info, err := os.Stat(s.path(k))
	if err != nil {
		return 0, fmt.Errorf("blocks: size of %s: %w", c, readError(err))
	}
	return info.Size(), nil
}
