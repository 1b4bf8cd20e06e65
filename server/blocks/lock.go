package blocks

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// lockFile takes an exclusive flock on f, which ends when f is closed. With try
// it fails at once where somebody else holds it.
func lockFile(f *os.File, try bool) error {
	how := unix.LOCK_EX
	if try {
		how |= unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// shard is what a process knows of one folder.
type shard struct {
	sync.Mutex
	durable bool // the folder is known to be on disk; guarded by the lock
}

// held is the lock on one shard, and its folder.
type held struct {
	*shard
	dir *os.File
}

// lock takes the lock of shard n: a mutex against this process's goroutines,
// so that waiting costs no thread, then the folder's flock against other
// processes. Whoever takes several takes them in ascending order. A folder that
// is missing is made.
func (s *Store) lock(n int) (*held, error) {
	s.shards[n].Lock()
	dir, err := s.openShard(n)
	if err == nil {
		if err = lockFile(dir, false); err == nil {
			return &held{shard: &s.shards[n], dir: dir}, nil
		}
		_ = dir.Close()
	}
	s.shards[n].Unlock()
	return nil, err
}

func (s *Store) openShard(n int) (*os.File, error) {
	dir, err := os.Open(s.shardDir(n))
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := os.Mkdir(s.shardDir(n), 0o755); err != nil && !os.IsExist(err) {
		return nil, err
	}
	return os.Open(s.shardDir(n))
}

func (h *held) release() {
	_ = h.dir.Close()
	h.Unlock()
}
