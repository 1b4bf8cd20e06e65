package blocks

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/sys/unix"

	"runnel/models"
)

const (
	// checkedFor is how long a file's hash is believed: the disk may change what
	// nobody has written.
	checkedFor = 10 * time.Minute
	// checkedMost bounds the files that are remembered, about 8 MB of them.
	checkedMost = 1 << 16
	// tick is longer than the kernel's coarse clock takes from one time to the
	// next: of two changes within it, only one can be seen.
	tick = 50 * time.Millisecond
)

// OpenChecked opens the file of a block whose bytes this process has hashed, in
// a Get of the last minutes, and which is the same since: the same inode, size
// and times, and read-only. It reads nothing, so that the kernel can send the
// file as it lies there. models.ErrNotFound: Get has to be asked, which hashes.
// The caller closes the file, which is its own.
func (s *Store) OpenChecked(ctx context.Context, c cid.Cid) (file *os.File, size int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	k, ok := keyOf(c)
	if !ok {
		return nil, 0, models.ErrNotFound
	}
	want, ok := s.checked.get(k)
	if !ok {
		return nil, 0, models.ErrNotFound
	}
	f, err := os.Open(s.path(k))
	if err != nil {
		s.checked.forget(k)
		return nil, 0, fmt.Errorf("blocks: open %s: %w", c, readError(err))
	}
	if now, ok := stampOf(f); !ok || now != want {
		s.checked.forget(k)
		_ = f.Close()
		return nil, 0, models.ErrNotFound
	}
	return f, want.size, nil
}

// stamp is what tells a file from another one, and from itself once somebody
// has touched it. The inode's own time of change cannot be set back.
type stamp struct {
	device, inode   uint64
	size            int64
	mode            uint32
	written, change unix.Timespec
}

// stampOf returns a file's stamp; false where it is not a read-only file.
func stampOf(f *os.File) (stamp, bool) {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return stamp{}, false
	}
	return stamp{
		device: uint64(st.Dev), inode: st.Ino, size: st.Size, mode: uint32(st.Mode), written: st.Mtim, change: st.Ctim,
	}, st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o222 == 0
}

// settled reports whether a change from now on would show in the stamp.
func (s stamp) settled(now time.Time) bool {
	return now.Sub(time.Unix(s.change.Unix())) > tick
}

// checked are the files whose bytes were hashed, as they were before that.
type checked struct {
	mu    sync.Mutex
	files map[key]checkedFile
}

type checkedFile struct {
	stamp
	until time.Time
}

func (c *checked) get(k key) (stamp, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.files[k]
	return f.stamp, ok && time.Now().Before(f.until)
}

// note remembers that the bytes were right of a file that had this stamp before
// they were read.
func (c *checked) note(k key, s stamp) {
	now := time.Now()
	if !s.settled(now) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files == nil {
		c.files = map[key]checkedFile{}
	}
	if len(c.files) >= checkedMost {
		for any := range c.files {
			delete(c.files, any)
			break
		}
	}
	c.files[k] = checkedFile{s, now.Add(checkedFor)}
}

func (c *checked) forget(k key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.files, k)
}
