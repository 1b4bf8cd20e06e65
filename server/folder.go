package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/blocks"
)

// Folder is a node's data folder, opened: what commands work on, whether or not
// a node runs on it, and what a node is built over.
type Folder struct {
	Dir     string   // what is this node's own
	Shared  string   // what is every server's; see Where
	Secret  [32]byte // what channel keys are encrypted and media tokens made with
	Catalog *catalog.Catalog
	Blocks  *blocks.Store
}

// OpenFolder opens an existing data folder and the catalogue that belongs to it;
// models.ErrNotFound when there is none. The caller closes it.
func OpenFolder(ctx context.Context, at Where) (*Folder, error) {
	if _, err := os.Stat(filepath.Join(at.shared(), secretName)); errors.Is(err, fs.ErrNotExist) {
		return nil, models.NewFault(models.ErrNotFound, "no_data", "There is no node's data in "+at.shared()+". Name the data folder with --data.")
	}
	return MakeFolder(ctx, at)
}

// MakeFolder opens a data folder, and makes it if it is new: a release may be
// imported, or an account made, before a node first runs.
func MakeFolder(ctx context.Context, at Where) (*Folder, error) {
	return openFolder(ctx, at, catalog.Config{}, slog.New(slog.DiscardHandler))
}

// openFolder opens the data folder, and makes it if it is new. What the catalogue
// may hold is given; where it lies and its secret are found here.
func openFolder(ctx context.Context, at Where, rows catalog.Config, log *slog.Logger) (*Folder, error) {
	at, err := at.resolved()
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{at.Data, at.Shared} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("server: data folder: %w", err)
		}
	}
	f := &Folder{Dir: at.Data, Shared: at.Shared}
	if f.Secret, err = loadSecret(filepath.Join(at.Shared, secretName)); err != nil {
		return nil, err
	}
	rows.URL, rows.Secret = at.Database, f.Secret
	if f.Catalog, err = catalog.Open(ctx, rows, log); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if f.Blocks, err = blocks.Open(at.Blocks, log); err != nil {
		return nil, errors.Join(fmt.Errorf("server: %w", err), f.Catalog.Close())
	}
	return f, nil
}

// Close closes catalogue and blocks.
func (f *Folder) Close() error { return errors.Join(f.Catalog.Close(), f.Blocks.Close()) }

// What lies in a data folder beside the catalogue.
const (
	secretName   = "secret"
	nodeKeyName  = "node.key" // the node's identity among peers
	blocksName   = "blocks"
	uploadsName  = "uploads"
	databaseName = "runnel.db" // of SQLite
)

// loadSecret reads the node's secret, or makes one that is on disk before it is
// used: keys encrypted with a lost secret are lost. Of servers that start together
// on a new folder one makes it for all.
func loadSecret(path string) (secret [32]byte, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, _ = rand.Read(secret[:]) // crypto/rand never fails; it ends the program instead
		if err := createSynced(path, secret[:]); err != nil && !errors.Is(err, fs.ErrExist) {
			return secret, err
		}
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return secret, fmt.Errorf("server: node secret: %w", err)
	}
	if len(data) != len(secret) {
		return secret, fmt.Errorf("server: node secret %s has %d bytes, not %d: %w", path, len(data), len(secret), models.ErrCorrupt)
	}
	return [32]byte(data), nil
}

// writeSynced writes a small private file so that it is whole and on disk when
// it appears under its name.
func writeSynced(path string, data []byte) error { return placeSynced(path, bytesTo(data), os.Rename) }

// writeStream is writeSynced for what write writes.
func writeStream(path string, write func(*os.File) error) error {
	return placeSynced(path, write, os.Rename)
}

// createSynced is writeSynced for a name that must be new; fs.ErrExist where it
// is not.
func createSynced(path string, data []byte) error {
	return placeSynced(path, bytesTo(data), func(from, to string) error {
		err := os.Link(from, to)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return errors.Join(err, os.Remove(from))
		}
		return os.Rename(from, to) // a file system without links
	})
}

func bytesTo(data []byte) func(*os.File) error {
	return func(file *os.File) error {
		_, err := file.Write(data)
		return err
	}
}

func placeSynced(path string, write func(*os.File) error, place func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err == nil {
		err = place(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("server: write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
