package p2p

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/models"
)

// LoadOrCreateKey returns the Ed25519 key in the file at path, in libp2p's
// protobuf form, and makes one when there is no file. The file has mode 0600
// and is whole or absent whatever happens; two processes that start at once
// get the same key. A file that holds anything else is models.ErrCorrupt.
func LoadOrCreateKey(path string) (crypto.PrivKey, error) {
	key, err := loadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("p2p: create node key: %w", err)
		}
		key, err = loadKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("p2p: load node key: %w", err)
	}
	return key, nil
}

func loadKey(path string) (crypto.PrivKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 { // e.g. restored by a tool that drops modes
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, err
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := crypto.UnmarshalPrivateKey(raw)
	if err != nil || key.Type() != crypto.Ed25519 {
		return nil, fmt.Errorf("%s is not an Ed25519 key: %w", filepath.Base(path), models.ErrCorrupt)
	}
	return key, nil
}

// createKey writes a new key beside path and links it into place: unlike a
// rename, a link never replaces the key that another process just made.
func createKey(path string) error {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return err
	}
	raw, err := crypto.MarshalPrivateKey(key)
	if err != nil {
		return err
	}
	temp, err := writeTemp(filepath.Dir(path), raw)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp returns the name of a new synced file of mode 0600 in dir.
func writeTemp(dir string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".node-key-*")
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// IDOf returns the peer id that a key determines.
func IDOf(key crypto.PrivKey) (string, error) {
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("p2p: %w", err)
	}
	return id.String(), nil
}
