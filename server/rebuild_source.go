package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"runnel/ingest/spool"
	"runnel/models"
)

// lookForSources notes the files among the uploads that no release names. Without
// a release they would be swept when a node runs.
func (r *rebuilding) lookForSources(ctx context.Context) error {
	r.sources = map[int64][]string{}
	entries, err := os.ReadDir(filepath.Join(r.folder.Shared, uploadsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !spool.IsUpload(e.Name()) {
			continue
		}
		held, err := r.folder.Catalog.SourceHeld(ctx, spool.SourceName(e.Name()))
		if err != nil {
			return err
		}
		if !held {
			r.sources[info.Size()] = append(r.sources[info.Size()], e.Name())
		}
	}
	return nil
}

// source gives a release its original back, whose hash its channel has signed.
func (r *rebuilding) source(ctx context.Context, l lineage) error {
	latest := &l[len(l)-1].manifest
	ids := r.sources[latest.Source.Bytes]
	if len(ids) == 0 {
		return nil
	}
	_, err := r.folder.Catalog.Source(ctx, latest.ID)
	if err == nil || !errors.Is(err, models.ErrNotFound) {
		return err
	}
	for i, id := range ids {
		sum, err := r.sum(ctx, id)
		if err != nil {
			return err
		}
		if sum != latest.Source.SHA256 {
			continue
		}
		err = r.folder.Catalog.SetSource(ctx, latest.ID, spool.SourceName(id), sum, latest.Source.Bytes)
		if errors.Is(err, models.ErrNotFound) {
			return nil // the release was left out
		}
		if err == nil {
			r.out.Sources++
			r.sources[latest.Source.Bytes] = slices.Delete(ids, i, i+1)
		}
		return err
	}
	return nil
}

func (r *rebuilding) sum(ctx context.Context, id string) (sum [sha256.Size]byte, err error) {
	file, err := os.Open(filepath.Join(r.folder.Shared, uploadsName, id))
	if err != nil {
		return sum, fmt.Errorf("original: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, readerOf(ctx, file)); err != nil {
		return sum, fmt.Errorf("original: %w", err)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
