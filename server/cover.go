package server

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"runnel/ingest"
	"runnel/models"
	"runnel/transcode"
)

// SetCover makes a JPEG of a picture and puts it into the release.
func (b *beside) SetCover(ctx context.Context, id string, picture io.Reader) error {
	data, err := b.jpeg(ctx, picture)
	if err != nil {
		return err
	}
	_, err = b.edit.Amend(ctx, id, ingest.Change{Put: map[string][]byte{transcode.CoverPath: data}, Poster: transcode.CoverPath})
	return err
}

func (b *beside) jpeg(ctx context.Context, picture io.Reader) ([]byte, error) {
	runner, err := b.runner()
	if err != nil {
		return nil, err
	}
	select {
	case b.pictures <- struct{}{}:
		defer func() { <-b.pictures }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	dir, err := os.MkdirTemp(b.dir, "cover")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	in, work := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := errors.Join(writeAll(in, picture), os.Mkdir(work, 0o700)); err != nil {
		return nil, err
	}
	return transcode.Cover(ctx, runner, in, work)
}

func writeAll(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// DropCover takes the cover away; a film is shown by a picture of its own again.
func (b *beside) DropCover(ctx context.Context, id string) error {
	r, err := b.rows.Release(ctx, id)
	if err != nil {
		return err
	}
	ch := ingest.Change{Drop: []string{transcode.CoverPath}}
	if r.Kind == models.KindVideo {
		ch.Poster = transcode.PosterPath
	}
	_, err = b.edit.Amend(ctx, id, ch)
	return err
}
