package blocks

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// openChecked gets the block until its file is believed: not before the clock
// tells a change after the hash from one before it.
func openChecked(t *testing.T, s *Store, c cid.Cid) *os.File {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if _, err := s.Get(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		f, size, err := s.OpenChecked(t.Context(), c)
		if err == nil {
			if info, err := f.Stat(); err != nil || info.Size() != size {
				t.Errorf("%d bytes, not %d: %v", info.Size(), size, err)
			}
			t.Cleanup(func() { _ = f.Close() })
			return f
		}
		if !errors.Is(err, models.ErrNotFound) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestOpenChecked(t *testing.T) {
	s := open(t, t.TempDir())
	b := someBlocks(1, 100_000)[0]
	mustPut(t, s, b)
	if _, _, err := s.OpenChecked(t.Context(), b.CID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a file that was never hashed: %v", err)
	}
	data, err := io.ReadAll(openChecked(t, s, b.CID))
	if err != nil || !bytes.Equal(data, b.Data) {
		t.Errorf("other bytes: %v", err)
	}
	if _, _, err := s.OpenChecked(t.Context(), cid.Undef); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("no name: %v", err)
	}
}

// What somebody has touched since it was hashed is not opened.
func TestOpenCheckedNoticesEverything(t *testing.T) {
	for name, touch := range map[string]func(path string, data []byte) error{
		"other bytes": func(path string, data []byte) error { return overwrite(path, 0, []byte{^data[0]}) },
		"other bytes, times set back": func(path string, data []byte) error {
			info, err := os.Stat(path)
			return errors.Join(err, overwrite(path, 7, []byte{^data[7]}), os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"longer":   func(path string, data []byte) error { return overwrite(path, int64(len(data)), []byte("x")) },
		"shorter":  func(path string, data []byte) error { return os.Truncate(path, 10) },
		"writable": func(path string, _ []byte) error { return os.Chmod(path, 0o644) },
		"gone":     func(path string, _ []byte) error { return os.Remove(path) },
		"a folder": func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) },
		"a link":   func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)) },
		"a new one": func(path string, data []byte) error {
			return errors.Join(os.Rename(path, path+"~"), os.WriteFile(path, data, 0o444))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			b := someBlocks(1, 100_000)[0]
			mustPut(t, s, b)
			openChecked(t, s, b.CID)
			if err := touch(s.pathOf(t, b.CID), b.Data); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if f, _, err := s.OpenChecked(t.Context(), b.CID); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("opened %v: %v", f, err)
				}
			}
		})
	}
}

// A file that anybody may write is not believed, however its bytes were then.
func TestOpenCheckedWantsReadOnly(t *testing.T) {
	s := open(t, t.TempDir())
	bs := someBlocks(2, 100_000)
	mustPut(t, s, bs...)
	if err := os.Chmod(s.pathOf(t, bs[0].CID), 0o644); err != nil {
		t.Fatal(err)
	}
	openChecked(t, s, bs[1].CID) // the clock has passed the change by far
	for range 3 {
		if _, err := s.Get(t.Context(), bs[0].CID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.OpenChecked(t.Context(), bs[0].CID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a writable file: %v", err)
		}
	}
}

func overwrite(path string, at int64, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrPermission) {
		if err := os.Chmod(path, 0o644); err != nil {
			return err
		}
		defer func() { _ = os.Chmod(path, 0o444) }()
		f, err = os.OpenFile(path, os.O_WRONLY, 0)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, at)
	return errors.Join(err, f.Close())
}

// A hash is believed for a while, and only for so many files.
func TestCheckedIsBounded(t *testing.T) {
	var c checked
	old := stamp{size: 1}
	for n := range checkedMost + 10 {
		c.note(key{byte(n), byte(n >> 8), byte(n >> 16)}, old)
	}
	if len(c.files) != checkedMost {
		t.Errorf("%d files", len(c.files))
	}
	k := key{1, 2, 3, 4}
	c.note(k, old)
	if got, ok := c.get(k); !ok || got != old {
		t.Error("a file was not remembered")
	}
	c.files[k] = checkedFile{old, time.Now().Add(-time.Second)}
	if _, ok := c.get(k); ok {
		t.Error("an old hash was believed")
	}
	young := old
	young.change.Sec, young.change.Nsec = time.Now().Unix(), int64(time.Now().Nanosecond())
	c.note(key{9, 9, 9, 9}, young)
	if _, ok := c.get(key{9, 9, 9, 9}); ok {
		t.Error("a file was believed whose next change may not show")
	}
}
