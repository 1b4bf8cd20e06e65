package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Head is what a backup says of itself.
type Head struct {
	Format int       `json:"format"` // of the file: version
	Runnel string    `json:"runnel"` // the version that wrote it
	Made   time.Time `json:"made"`
	Media  bool      `json:"media"` // blocks and uploads are in it
}

// version is the format that this package writes and the newest that it reads.
const version = 1

// Writer writes a backup. Entries come in the order of the kinds; one goroutine
// at a time may use it.
type Writer struct {
	path string
	file *os.File
	out  *bufio.Writer
	hash hash.Hash
	tar  *tar.Writer
	size int64
}

// Create begins a backup that will appear at path, whose folder must exist; what
// is there stays until then. The caller ends it with Commit or Abort.
func Create(path string, head Head) (*Writer, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".runnel-backup-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	w := &Writer{path: path, file: file, out: bufio.NewWriterSize(file, 1<<20), hash: sha256.New()}
	w.tar = tar.NewWriter(counting{w})
	head.Format = version
	text, err := json.Marshal(head)
	if err == nil {
		err = w.Add(Entry{Kind: about, Size: int64(len(text))}, bytes.NewReader(text))
	}
	if err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// counting hashes and counts what goes into the file.
type counting struct{ w *Writer }

func (c counting) Write(p []byte) (int, error) {
	n, err := c.w.out.Write(p)
	c.w.hash.Write(p[:n])
	c.w.size += int64(n)
	return n, err
}

// Add writes an entry of as many bytes as it says; fewer are an error.
func (w *Writer) Add(e Entry, from io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.name(), Size: e.Size, Mode: 0o600})
	if err == nil {
		_, err = io.CopyN(w.tar, from, e.Size)
	}
	if err != nil {
		return fmt.Errorf("backup: write %s: %w", e.Kind, err)
	}
	return nil
}

// catalogueBytes is how long the parts are in which a catalogue is written: its
// length is not known before its end.
const catalogueBytes = 4 << 20

// Catalogue returns what the catalogue is to be written to. Close ends it.
func (w *Writer) Catalogue() io.WriteCloser { return &parts{to: w} }

type parts struct {
	to     *Writer
	buffer bytes.Buffer
	number int
}

func (p *parts) Write(data []byte) (int, error) {
	p.buffer.Write(data)
	for p.buffer.Len() >= catalogueBytes {
		if err := p.part(catalogueBytes); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

// Close writes what is left.
func (p *parts) Close() error { return p.part(p.buffer.Len()) }

func (p *parts) part(size int) error {
	p.number++
	return p.to.Add(Entry{Kind: Catalogue, ID: partID(p.number), Size: int64(size)}, bytes.NewReader(p.buffer.Next(size)))
}

func partID(number int) string { return fmt.Sprintf("%06d", number) }

// Commit ends the backup: when it returns nil the file is at its path, whole and
// on disk. It returns the file's length in bytes.
func (w *Writer) Commit() (int64, error) {
	err := w.tar.Flush()
	if err == nil {
		_, err = w.out.Write(tail(w.hash.Sum(nil)))
	}
	err = errors.Join(err, w.out.Flush(), w.file.Sync(), w.file.Close())
	if err == nil {
		err = os.Rename(w.file.Name(), w.path)
	}
	if err != nil {
		w.Abort()
		return 0, fmt.Errorf("backup: %w", err)
	}
	return w.size + tailBytes, syncDir(filepath.Dir(w.path))
}

// Abort removes what was written. It does nothing after Commit.
func (w *Writer) Abort() {
	_ = w.file.Close() // closed already when Commit failed
	_ = os.Remove(w.file.Name())
}

// tailBytes is the length of tail: an entry's header and its one block, and the
// archive's end.
const tailBytes = 2048

// tail is the archive's end after bytes of the given hash.
func tail(sum []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	text := hex.EncodeToString(sum) + "\n"
	// A buffer takes everything, and the header is always the same.
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "sha256", Size: int64(len(text)), Mode: 0o600})
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
