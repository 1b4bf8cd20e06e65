package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// scratch keeps the blocks of one release while it is checked: one file without
// a name, and where in it each block lies. It is for one goroutine to fill and
// for many to read.
type scratch struct {
	file   *os.File
	blocks map[cid.Cid]span
	size   int64
}

type span struct{ at, length int64 }

// newScratch makes one in dir, which should have room for the release.
func newScratch(dir string) (*scratch, error) {
	file, err := os.CreateTemp(dir, ".runnel-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil { // it goes with the process, however that ends
		return nil, errors.Join(err, file.Close())
	}
	return &scratch{file: file, blocks: map[cid.Cid]span{}}, nil
}

// Put keeps blocks until Close. They need not survive a crash.
func (s *scratch) Put(_ context.Context, blocks ...models.Block) error {
	for _, b := range blocks {
		if _, known := s.blocks[b.CID]; known {
			continue
		}
		if _, err := s.file.WriteAt(b.Data, s.size); err != nil {
			return err
		}
		s.blocks[b.CID] = span{s.size, int64(len(b.Data))}
		s.size += int64(len(b.Data))
	}
	return nil
}

// Get returns a block as it was put.
func (s *scratch) Get(_ context.Context, c cid.Cid) ([]byte, error) {
	where, ok := s.blocks[c]
	if !ok {
		return nil, fmt.Errorf("block %s: %w", c, models.ErrNotFound)
	}
	data := make([]byte, where.length)
	_, err := io.ReadFull(io.NewSectionReader(s.file, where.at, where.length), data)
	return data, err
}

func (s *scratch) Close() { _ = s.file.Close() }
