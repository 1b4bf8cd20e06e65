package blocks

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Store is a folder of block files. All methods may be called concurrently,
// also from several processes on one folder.
type Store struct {
	dir     string
	log     *slog.Logger
	root    *os.File // dir itself: what syncfs and statfs ask about
	temps   *workspace
	shards  [shardCount]shard
	checked checked
	failed  atomic.Pointer[error] // the sync that failed; nil: writable
	close   sync.Once
}

// Open opens the store in dir and makes what is missing of it. It sweeps the
// temporary files of processes that are gone and syncs what they may have left
// unsynced. It starts no goroutine; the caller closes the store.
func Open(dir string, log *slog.Logger) (*Store, error) {
	s := &Store{dir: dir, log: log}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("blocks: open %s: %w", dir, err)
	}
	return s, nil
}

func (s *Store) open() (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if s.root, err = os.Open(s.dir); err != nil {
		return err
	}
	if s.temps, err = openWorkspace(filepath.Join(s.dir, tempDir), s.settle, s.log); err != nil {
		return err
	}
	return s.knowShards()
}

// knowShards notes the folders that are there.
func (s *Store) knowShards() error {
	entries, err := os.ReadDir(s.dir)
	for _, e := range entries {
		if n, ok := parseShard(e.Name()); ok {
			s.shards[n].durable = true
		}
	}
	return err
}

// settle makes every file that is there durable: a process that was killed may
// have stood between a rename and the folder's sync.
func (s *Store) settle() {
	if err := syncAll(s.root); err != nil {
		s.fail(err)
	}
}

// Close gives the store's files and locks back. The store must not be used
// after it; a second Close does nothing.
func (s *Store) Close() error {
	var err error
	s.close.Do(func() {
		if s.temps != nil {
			err = s.temps.Close()
		}
		if s.root != nil {
			err = firstError(err, s.root.Close())
		}
	})
	return err
}

// Disk tells how many bytes of the store's file system are free to this process,
// and how many it has.
func (s *Store) Disk() (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(s.root.Fd()), &st); err != nil {
		return 0, 0, fmt.Errorf("blocks: disk: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

// Free returns the bytes that the store's file system has left for this
// process. Whoever takes uploads holds them against its low-water mark.
func (s *Store) Free() (int64, error) {
	free, _, err := s.Disk()
	return free, err
}

// Writable returns nil, or why the store refuses writes (CodeReadOnly).
func (s *Store) Writable() error {
	if cause := s.failed.Load(); cause != nil {
		return readOnlyError(*cause)
	}
	return nil
}

// fail makes the store read-only for good.
func (s *Store) fail(cause error) {
	if s.failed.CompareAndSwap(nil, &cause) {
		s.log.Error("blocks: a sync failed; the store takes no more writes", "err", cause)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
