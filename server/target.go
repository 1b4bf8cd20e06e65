package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// target is a data folder that is being restored into, and what of it has to go
// again if that fails.
type target struct {
	dir     string
	fresh   bool     // it was empty, or not there
	created string   // the uppermost folder that was made for it, empty for none
	files   []string // that were made in a folder which was not fresh
}

// openTarget looks at the folder, and makes it where it is missing.
func openTarget(dir string) (*target, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("server: data folder: %w", err)
	}
	t := &target{dir: dir}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.created = missing(dir)
		err = os.MkdirAll(dir, 0o700)
	case err == nil && len(entries) > 0:
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("server: data folder: %w", err)
	}
	t.fresh = true
	return t, nil
}

// missing returns the uppermost folder on the way to dir that is not there.
func missing(dir string) string {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(parent); err == nil || parent == dir {
			return dir
		}
		dir = parent
	}
}

// made remembers a file that undo removes.
func (t *target) made(path string, err error) error {
	if err == nil && !t.fresh {
		t.files = append(t.files, path)
	}
	return err
}

// expect remembers the files of a SQLite database that will be made.
func (t *target) expect(database string) {
	path := filepath.Join(t.dir, databaseName)
	if _, err := os.Lstat(path); t.fresh || database != "sqlite" || err == nil {
		return
	}
	t.files = append(t.files, path, path+"-wal", path+"-shm")
}

// undo removes what was made. Blocks in a folder that had some already stay for
// the collector: each is what its name says.
func (t *target) undo() error {
	if t.created != "" {
		return os.RemoveAll(t.created)
	}
	var faults []error
	if t.fresh {
		entries, err := os.ReadDir(t.dir)
		faults = append(faults, err)
		for _, e := range entries {
			faults = append(faults, os.RemoveAll(filepath.Join(t.dir, e.Name())))
		}
	}
	for _, path := range t.files {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
