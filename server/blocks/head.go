package blocks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Head returns at most n first bytes of a block's file and the file's length in
// bytes, neither of them checked: whoever looks for one kind of block among many
// need not read and hash all of them. What a head promises, Get has to keep.
// models.ErrNotFound: the store does not have it.
func (s *Store) Head(ctx context.Context, c cid.Cid, n int) (head []byte, size int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	k, ok := keyOf(c)
	if !ok {
		return nil, 0, fmt.Errorf("blocks: head of %s: %w", c, models.ErrNotFound)
	}
	f, err := os.Open(s.path(k))
	if err != nil {
		return nil, 0, fmt.Errorf("blocks: head of %s: %w", c, readError(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("blocks: head of %s: %w", c, readError(err))
	}
	head = make([]byte, n)
	read, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, fmt.Errorf("blocks: head of %s: %w", c, readError(err))
	}
	return head[:read], info.Size(), nil
}
