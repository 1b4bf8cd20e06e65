package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"runnel/models"
)

// Reader reads a backup that was hashed and found whole.
type Reader struct {
	Head Head
	file *os.File
	size int64 // without the tail
}

// Open hashes all of a backup and reads its head; progress, unless nil, is told
// how many bytes of how many are hashed. A file that is none of ours, of a newer
// format, or not as it was written is a Fault. The caller closes the reader.
func Open(ctx context.Context, path string, progress func(done, total int64)) (_ *Reader, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	r := &Reader{file: file}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	r.size = max(info.Size()-tailBytes, 0)
	if err := r.readHead(); err != nil {
		return nil, err
	}
	return r, r.check(ctx, progress)
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

func (r *Reader) readHead() error {
	first := tar.NewReader(io.NewSectionReader(r.file, 0, r.size))
	h, err := first.Next()
	if err != nil || h.Name != string(about) {
		return fmt.Errorf("backup: %w", models.NewFault(models.ErrInvalid, "backup_foreign", "This file is not a backup of Runnel."))
	}
	text, err := io.ReadAll(io.LimitReader(first, 1<<16))
	if err == nil {
		err = json.Unmarshal(text, &r.Head)
	}
	if err != nil {
		return Damaged(err)
	}
	if r.Head.Format != version {
		return fmt.Errorf("backup: %w", models.NewFault(models.ErrInvalid, "backup_too_new", fmt.Sprintf(
			"This backup has format %d and this Runnel reads %d: restore it with the version that made it, or a newer one.", r.Head.Format, version)))
	}
	return nil
}

// check compares the tail with the hash of everything before it.
func (r *Reader) check(ctx context.Context, progress func(done, total int64)) error {
	sum, buffer := sha256.New(), make([]byte, 1<<20)
	for body := io.NewSectionReader(r.file, 0, r.size); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := body.Read(buffer)
		sum.Write(buffer[:n])
		if progress != nil {
			at, _ := body.Seek(0, io.SeekCurrent)
			progress(at, r.size)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("backup: read: %w", err)
		}
	}
	end, err := io.ReadAll(io.NewSectionReader(r.file, r.size, tailBytes))
	if err != nil {
		return fmt.Errorf("backup: read: %w", err)
	}
	if !bytes.Equal(end, tail(sum.Sum(nil))) {
		return Damaged(errors.New("its hash is another"))
	}
	return nil
}

// Each calls do for every entry in order, with its content. What do leaves of it
// unread is passed over. An entry that a backup does not have is refused.
func (r *Reader) Each(do func(e Entry, content io.Reader) error) error {
	archive, last := tar.NewReader(io.NewSectionReader(r.file, 0, r.size)), -1
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return Damaged(err)
		}
		e, rank, err := r.entry(h)
		if err != nil {
			return err
		}
		if rank < last || rank == last && !order[rank].many {
			return Damaged(fmt.Errorf("%s is out of order", e.Kind))
		}
		last = rank
		if e.Kind == about {
			continue
		}
		if err := do(e, archive); err != nil {
			return err
		}
	}
}

// entry takes regular files alone, none of them longer than the backup itself.
func (r *Reader) entry(h *tar.Header) (Entry, int, error) {
	e, rank, err := parseName(h.Name)
	if err != nil {
		return e, 0, err
	}
	for record := range h.PAXRecords {
		if record != "size" { // what is longer than 8 GiB has it
			return e, 0, Damaged(fmt.Errorf("%s with a record %.100q", e.Kind, record))
		}
	}
	if h.Typeflag != tar.TypeReg || h.Size > r.size {
		return e, 0, Damaged(fmt.Errorf("%s is of type %q and length %d", e.Kind, h.Typeflag, h.Size))
	}
	e.Size = h.Size
	return e, rank, nil
}

// Catalogue calls do with the catalogue, its parts joined.
func (r *Reader) Catalogue(do func(io.Reader) error) error {
	from, to := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := r.joinParts(to)
		_ = to.CloseWithError(err) // never fails
		done <- err
	}()
	err := do(from)
	_ = from.CloseWithError(errStopped)
	if read := <-done; err == nil {
		err = read
	}
	return err
}

var errStopped = errors.New("backup: the rest is not wanted")

func (r *Reader) joinParts(to io.Writer) error {
	number := 0
	err := r.Each(func(e Entry, content io.Reader) error {
		if e.Kind != Catalogue {
			if number > 0 {
				return errStopped // what follows is media
			}
			return nil
		}
		if number++; e.ID != partID(number) {
			return Damaged(fmt.Errorf("part %.20s of the catalogue where %d should be", e.ID, number))
		}
		_, err := io.Copy(to, content)
		return err
	})
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}
