package blocks

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
)

const tempDir = "tmp"

// workspace is this process's own folder for files being written. A lock on the
// folder says that its process lives: the kernel drops it however the process
// ends, so leftovers of a crash are known for certain and nobody else's
// half-written file is ever taken for one.
type workspace struct {
	dir  string
	lock *os.File
	next atomic.Int64
}

// openWorkspace makes a folder of this process under parent. Where others are
// left over from a crash it calls settle and then removes them.
func openWorkspace(parent string, settle func(), log *slog.Logger) (*workspace, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	if err := sweepWorkspaces(parent, settle, log); err != nil {
		return nil, err
	}
	for {
		w, err := newWorkspace(parent)
		if !errors.Is(err, errSwept) {
			return w, err
		}
	}
}

// errSwept: another process took the new folder for a leftover, in the moment
// before it was locked.
var errSwept = errors.New("swept by another process")

func newWorkspace(parent string) (*workspace, error) {
	dir, err := os.MkdirTemp(parent, "")
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errSwept
	}
	if err != nil {
		return nil, err
	}
	if err := lockFile(f, true); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errSwept
		}
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		_ = f.Close()
		return nil, errSwept
	}
	return &workspace{dir: dir, lock: f}, nil
}

func sweepWorkspaces(parent string, settle func(), log *slog.Logger) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := sweepWorkspace(filepath.Join(parent, e.Name()), settle, log); err != nil {
			return err
		}
	}
	return nil
}

func sweepWorkspace(dir string, settle func(), log *slog.Logger) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if lockFile(f, true) != nil {
		return nil // its process lives
	}
	settle()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		log.Info("blocks: swept the files of an interrupted write", "files", len(left))
	}
	return os.RemoveAll(dir)
}

// writeSoon is the size in bytes from which a file's way to the disk begins as
// soon as it is written: the disk then works while the next ones are hashed, and
// the sync after them finds less to do.
const writeSoon = 256 << 10

// write makes a new read-only file of data. The caller syncs, closes and
// renames or removes it.
func (w *workspace) write(data []byte) (*os.File, error) {
	path := filepath.Join(w.dir, strconv.FormatInt(w.next.Add(1), 36))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return nil, fmt.Errorf("write: %w", err)
	}
	if len(data) >= writeSoon {
		beginWriting(f)
	}
	return f, nil
}

// Close removes the folder and gives up its lock.
func (w *workspace) Close() error {
	return firstError(os.RemoveAll(w.dir), w.lock.Close())
}
