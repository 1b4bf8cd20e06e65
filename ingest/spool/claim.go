package spool

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// stopSuffix names the file by which a process asks the one that holds an
// upload to let go of it.
const stopSuffix = ".stop"

// claim takes the flock of a data file. Where another process has it, there is
// no file and moved says when the data last changed; where there is no data
// file, neither. The lock ends when the file is closed.
func claim(path string) (file *os.File, moved time.Time, err error) {
	file, err = os.OpenFile(path, os.O_RDWR, 0) // some network file systems lock only what may be written
	if errors.Is(err, os.ErrNotExist) {
		return nil, moved, nil
	}
	if err != nil {
		return nil, moved, err
	}
	if err = flock(file, unix.LOCK_EX|unix.LOCK_NB); err == nil {
		_ = os.Remove(path + stopSuffix) // it was meant for who held the file before
		return file, moved, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		var st os.FileInfo
		if st, err = file.Stat(); err == nil {
			moved = st.ModTime()
		}
	}
	return nil, moved, errors.Join(err, file.Close())
}

func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// askToStop leaves word for the process that holds the data file. It is best
// effort: where no file can be made, the holder goes on until it ends.
func askToStop(path string) {
	if file, err := os.OpenFile(path+stopSuffix, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		_ = file.Close()
	}
}

// askedToStop reports whether such a word is there, and takes it away.
func askedToStop(path string) bool { return os.Remove(path+stopSuffix) == nil }

// createLocked makes an empty file that survives a power cut, and holds its lock
// until the caller closes it: a sweep of another process must not take it for a
// stray before it has its row.
func createLocked(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err = flock(file, unix.LOCK_EX); err == nil && swept(path) {
			_ = file.Close()
			continue
		}
		if err == nil {
			err = file.Sync()
		}
		if err == nil {
			err = syncDir(filepath.Dir(path))
		}
		if err != nil {
			_ = os.Remove(path)
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
	}
}

// swept reports whether a sweep removed the file in the moment before it was
// locked.
func swept(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}
