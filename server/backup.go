package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/server/backup"
)

// Backed counts what a backup holds.
type Backed struct {
	Bytes   int64 // of the file
	Blocks  int
	Uploads int // uploads and sources
	Damaged int // blocks that were left out because they are not what their CID says
}

// Backup writes the catalogue, the node's secret and its identity to one private
// file at path, and with media all blocks, uploads and sources. It may run while
// a node works on the folder: the catalogue is that of one moment, and the media
// are at least those that it names, for they are copied after it. An unfinished
// upload comes with what was acknowledged. Progress, unless nil, is told how many
// blocks of how many are copied.
func (f *Folder) Backup(ctx context.Context, path, version string, media bool, progress func(done, total int)) (Backed, error) {
	w, err := backup.Create(path, backup.Head{Runnel: version, Made: time.Now().UTC(), Media: media})
	if err != nil {
		return Backed{}, fmt.Errorf("server: %w", err)
	}
	b := backing{folder: f, to: w}
	if err := b.run(ctx, media, progress); err != nil {
		w.Abort()
		return Backed{}, fmt.Errorf("server: backup: %w", err)
	}
	b.done.Bytes, err = w.Commit()
	return b.done, err
}

// backing is a backup on its way.
type backing struct {
	folder *Folder
	to     *backup.Writer
	done   Backed
}

func (b *backing) run(ctx context.Context, media bool, progress func(done, total int)) error {
	if err := b.small(backup.Secret, filepath.Join(b.folder.Shared, secretName)); err != nil {
		return err
	}
	if err := b.small(backup.NodeKey, filepath.Join(b.folder.Dir, nodeKeyName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // there is no key where no node has run yet
	}
	catalogue := b.to.Catalogue()
	if err := errors.Join(b.folder.Catalog.Export(ctx, catalogue), catalogue.Close()); err != nil || !media {
		return err
	}
	if err := b.blocks(ctx, progress); err != nil {
		return err
	}
	return b.uploads(ctx)
}

func (b *backing) small(kind backup.Kind, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return b.to.Add(backup.Entry{Kind: kind, Size: int64(len(data))}, bytes.NewReader(data))
}

func (b *backing) blocks(ctx context.Context, progress func(done, total int)) error {
	var all []cid.Cid
	for block, err := range b.folder.Blocks.Keys(ctx) {
		if err != nil {
			return err
		}
		all = append(all, block)
	}
	for i, block := range all {
		if err := b.block(ctx, block); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, len(all))
		}
	}
	return nil
}

// block passes over one that was collected meanwhile: nothing needed it.
func (b *backing) block(ctx context.Context, block cid.Cid) error {
	data, err := b.folder.Blocks.Get(ctx, block)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case errors.Is(err, models.ErrCorrupt):
		b.done.Damaged++
		return nil
	case err != nil:
		return err
	}
	b.done.Blocks++
	return b.to.Add(backup.Entry{Kind: backup.Block, ID: block.String(), Size: int64(len(data))}, bytes.NewReader(data))
}

func (b *backing) uploads(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(b.folder.Shared, uploadsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !spool.IsUpload(e.Name()) {
			continue
		}
		if err := b.upload(ctx, e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (b *backing) upload(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(b.folder.Shared, uploadsName, id))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	size, err := b.settled(ctx, id, file)
	if err != nil {
		return err
	}
	b.done.Uploads++
	return b.to.Add(backup.Entry{Kind: backup.Upload, ID: id, Size: size}, readerOf(ctx, file))
}

// settled returns how much of an upload's file stays as it is: what comes after
// the acknowledged bytes of an unfinished one may be cut off at any time.
func (b *backing) settled(ctx context.Context, id string, file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	row, err := b.folder.Catalog.Upload(ctx, id)
	switch {
	case errors.Is(err, models.ErrNotFound): // the source of a release whose upload is forgotten
		return info.Size(), nil
	case err == nil && !row.Complete:
		return min(info.Size(), row.Offset), nil
	}
	return info.Size(), err
}

// readerOf reads until the context ends.
func readerOf(ctx context.Context, from io.Reader) io.Reader {
	return readFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(p)
	})
}

type readFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }
