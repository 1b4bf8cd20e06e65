package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/backup"
	"runnel/server/blocks"
)

// Restored counts what came out of a backup.
type Restored struct {
	Head backup.Head
	catalog.Imported
	Blocks, Uploads int
}

// Restore makes a data folder and the catalogue that belongs to it from a backup.
// For servers that act as one it makes the folder that they will share, named as
// the data folder. The folder must be empty, or hold the same
// node's secret: then its media stay, and only the catalogue is new, which is how
// one moves to another database. The catalogue must be empty in any case. What is
// refused or fails leaves nothing behind. Progress, unless nil, is told how many
// bytes of the file are checked.
//
// Releases whose media are neither in the backup nor in the folder are fetched
// from peers when a node runs.
func Restore(ctx context.Context, path string, at Where, progress func(done, total int64)) (out Restored, err error) {
	if filepath.Clean(at.shared()) != filepath.Clean(at.Data) {
		return out, models.NewFault(models.ErrInvalid, "restore_shared", "Name the folder that the servers will share with --data, and leave --shared out.")
	}
	from, err := backup.Open(ctx, path, progress)
	if err != nil {
		return out, fmt.Errorf("server: restore: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openTarget(at.Data)
	if err != nil {
		return out, err
	}
	out, err = to.restore(ctx, from, at)
	if err != nil {
		return out, fmt.Errorf("server: restore: %w", errors.Join(err, to.undo()))
	}
	return out, nil
}

func (t *target) restore(ctx context.Context, from *backup.Reader, at Where) (out Restored, err error) {
	if err := t.identity(from); err != nil {
		return out, err
	}
	t.expect(at.Database)
	folder, err := MakeFolder(ctx, at)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if err := folder.Catalog.CheckEmpty(ctx); err != nil {
		return out, err
	}
	out.Head = from.Head
	if err := t.media(ctx, from, folder.Blocks, &out); err != nil {
		return out, asDamaged(err)
	}
	err = from.Catalogue(func(text io.Reader) (err error) {
		out.Imported, err = folder.Catalog.Import(ctx, readerOf(ctx, text), folder.Blocks.Has)
		return err
	})
	return out, asDamaged(err)
}

// asDamaged finds words for what only a made-up backup can hold.
func asDamaged(err error) error {
	if errors.Is(err, models.ErrCorrupt) {
		return backup.Damaged(err)
	}
	return err
}

// identity puts the secret and the node's key in their place.
func (t *target) identity(from *backup.Reader) error {
	files := map[backup.Kind][]byte{}
	err := from.Each(func(e backup.Entry, content io.Reader) (err error) {
		if e.Kind == backup.Secret || e.Kind == backup.NodeKey {
			files[e.Kind], err = io.ReadAll(io.LimitReader(content, 1<<16))
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(files[backup.Secret]) != 32 {
		return backup.Damaged(errors.New("it holds no secret"))
	}
	if err := t.put(secretName, files[backup.Secret]); err != nil {
		return err
	}
	if key := files[backup.NodeKey]; len(key) > 0 {
		return t.put(nodeKeyName, key)
	}
	return nil
}

// put writes a file that is not there; another one there is another node's.
func (t *target) put(name string, data []byte) error {
	path := filepath.Join(t.dir, name)
	have, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (t.fresh || name != secretName):
		return t.made(path, writeSynced(path, data))
	case err == nil && subtle.ConstantTimeCompare(have, data) == 1:
		return nil
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return models.NewFault(models.ErrExists, "folder_not_empty", "The data folder is not empty and not that of the node in the backup; name a new one with --data.")
	}
	return err
}

// putAtOnce bounds how many blocks are held in memory; they are synced together.
const putAtOnce = 32

func (t *target) media(ctx context.Context, from *backup.Reader, store *blocks.Store, out *Restored) error {
	var batch []models.Block
	err := from.Each(func(e backup.Entry, content io.Reader) error {
		switch e.Kind {
		case backup.Block:
			block, err := readBlock(e, content)
			if err != nil {
				return err
			}
			out.Blocks++
			if batch = append(batch, block); len(batch) < putAtOnce {
				return nil
			}
			err = store.Put(ctx, batch...)
			batch = batch[:0]
			return err
		case backup.Upload:
			out.Uploads++
			return t.upload(e, readerOf(ctx, content))
		}
		return nil
	})
	return errors.Join(err, store.Put(ctx, batch...))
}

// readBlock leaves it to the store to hold the bytes against the name.
func readBlock(e backup.Entry, content io.Reader) (models.Block, error) {
	id, err := cid.Decode(e.ID)
	if err != nil || id.Prefix().MhType != multihash.SHA2_256 || e.Size > blocks.MaxBlock {
		return models.Block{}, fmt.Errorf("%w: the backup holds a block that is none: %.100q", models.ErrCorrupt, e.ID)
	}
	data, err := io.ReadAll(content)
	return models.Block{CID: id, Data: data}, err
}

// upload writes a file that is not there. One that is there is the same node's.
func (t *target) upload(e backup.Entry, content io.Reader) error {
	if !spool.IsUpload(e.ID) {
		return fmt.Errorf("%w: the backup holds an upload that is none: %.100q", models.ErrCorrupt, e.ID)
	}
	dir := filepath.Join(t.dir, uploadsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, e.ID)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return t.made(path, writeStream(path, func(file *os.File) error {
		_, err := io.Copy(file, content)
		return err
	}))
}
