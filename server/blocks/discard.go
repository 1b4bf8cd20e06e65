package blocks

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Discard removes the file of a block whose bytes are not the block's, and reports
// whether there was one. A file that a Put has healed meanwhile stays: the look and
// the removal are under the same lock.
func (s *Store) Discard(ctx context.Context, c cid.Cid) (bool, error) {
	k, ok := keyOf(c)
	if err := firstError(ctx.Err(), s.Writable()); err != nil || !ok {
		return false, err
	}
	h, err := s.lock(k.shard())
	if err != nil {
		return false, fmt.Errorf("blocks: discard %s: %w", c, diskError(err))
	}
	defer h.release()
	if _, err := s.read(k); !errors.Is(err, models.ErrCorrupt) {
		return false, nil
	}
	if err := os.Remove(s.path(k)); err != nil {
		return false, fmt.Errorf("blocks: discard %s: %w", c, diskError(err))
	}
	return true, nil
}
