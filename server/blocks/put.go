package blocks

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// maxBatch bounds how many blocks are written before they are synced, and with
// it the files and shard locks that one Put holds.
const maxBatch = 64

// Put stores blocks; when it returns nil they are on disk. It checks each block
// against its CID before anything of it is written: models.ErrCorrupt where
// they differ, models.ErrInvalid for a CID that is not sha2-256,
// models.ErrTooLarge above MaxBlock. A block that is there with the same bytes
// is not written again but counts as new for Collect; a file with other bytes
// is replaced, which heals it. After an error some of the blocks may have been
// stored. A full disk is a fault with CodeFull, and later Puts may succeed.
func (s *Store) Put(ctx context.Context, bs ...models.Block) error {
	for batch := range slices.Chunk(bs, maxBatch) {
		if err := s.putBatch(ctx, batch); err != nil {
			return fmt.Errorf("blocks: put: %w", err)
		}
	}
	return nil
}

func (s *Store) putBatch(ctx context.Context, bs []models.Block) error {
	if err := s.Writable(); err != nil {
		return err
	}
	fresh, err := s.stage(ctx, bs)
	defer discard(fresh)
	if err != nil {
		return err
	}
	if err := s.syncFiles(fresh); err != nil {
		return err
	}
	return s.publish(fresh)
}

// staged is a block in a temporary file.
type staged struct {
	key  key
	data []byte
	file *os.File
}

// discard closes what a Put wrote and removes what it did not publish.
func discard(list []*staged) {
	for _, b := range list {
		_ = b.file.Close()
		_ = os.Remove(b.file.Name()) // gone already when published
	}
}

// stage checks the blocks and writes those that are not there yet to temporary
// files, hashing and writing in parallel. What it returns with an error is what
// it wrote until then.
func (s *Store) stage(ctx context.Context, bs []models.Block) ([]*staged, error) {
	out := make([]*staged, len(bs))
	seen := make(map[key]bool, len(bs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range bs {
		if k, ok := keyOf(b.CID); ok && seen[k] {
			continue
		} else {
			seen[k] = true
		}
		g.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			out[i], err = s.stageOne(b)
			return err
		})
	}
	err := g.Wait()
	return slices.DeleteFunc(out, func(b *staged) bool { return b == nil }), err
}

// stageOne returns nil for a block that the store has.
func (s *Store) stageOne(b models.Block) (*staged, error) {
	k, err := admit(b)
	if err != nil {
		return nil, err
	}
	there, err := s.touchLocked(k, b.Data)
	if there || err != nil {
		return nil, err
	}
	f, err := s.temps.write(b.Data)
	if err != nil {
		return nil, diskError(err)
	}
	return &staged{key: k, data: b.Data, file: f}, nil
}

func (s *Store) touchLocked(k key, data []byte) (bool, error) {
	if _, err := os.Stat(s.path(k)); err != nil {
		return false, nil // a look without the lock; publish looks again
	}
	h, err := s.lock(k.shard())
	if err != nil {
		return false, diskError(err)
	}
	defer h.release()
	return s.touch(k, data), nil
}

// touch reports whether the block's file holds data and, if so, makes it young,
// so that the grace of Collect protects it. The caller holds the shard's lock,
// under which every file that can be seen is durable.
func (s *Store) touch(k key, data []byte) bool {
	path := s.path(k)
	have, err := readFile(path)
	if err != nil || !bytes.Equal(have, data) {
		return false
	}
	now := time.Now()
	return os.Chtimes(path, now, now) == nil
}
