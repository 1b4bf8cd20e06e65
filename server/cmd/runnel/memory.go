package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"runnel/server/client"
)

// memory is where 'publish' keeps which upload belongs to which file, so that
// running it again takes up an interrupted one. One small file per upload, in
// the user's XDG state folder, named by the file's fingerprint.
type memory struct{ dir string }

func openMemory() (*memory, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("cannot find a place to remember uploads: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	dir = filepath.Join(dir, "runnel", "uploads")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot remember uploads: %w", err)
	}
	return &memory{dir}, nil
}

func (m *memory) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(m.dir, hex.EncodeToString(sum[:16])+".json")
}

func (m *memory) upload(key string) (client.Upload, bool) {
	var upload client.Upload
	m.recall(key, &upload)
	return upload, upload.URL != ""
}

func (m *memory) remember(key string, upload client.Upload) error { return m.keep(key, upload) }

// recall reads what was kept; what cannot be read is as if it were not there.
func (m *memory) recall(key string, to any) {
	if data, err := os.ReadFile(m.path(key)); err == nil {
		_ = json.Unmarshal(data, to)
	}
}

func (m *memory) keep(key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	temp := m.path(key) + ".part"
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return fmt.Errorf("cannot remember the upload: %w", err)
	}
	return os.Rename(temp, m.path(key))
}

func (m *memory) forget(key string) error {
	if err := os.Remove(m.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
