package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// Content is a file's bytes, read leaf by leaf as they are wanted. It serves
// http.ServeContent, and with SendTo whoever wants fewer copies. It is for one
// goroutine; it keeps the context of the request that opened it, because the
// reading interfaces leave no room for one.
type Content struct {
	d          *Delivery
	ctx        context.Context
	root, file cid.Cid
	leaves     []blockset.Leaf
	one        [1]blockset.Leaf // leaves of a file of one block
	size       int64
	pos        int64
	current    int      // the leaf that is at hand; -1: none
	data       []byte   // its bytes, not ours to change; nil where there is
	open       *os.File // its file
	source     Source
	closed     bool
}

// single makes the content one block of that size.
func (c *Content) single(size int64) {
	c.one[0] = blockset.Leaf{CID: c.file, Size: size}
	c.setLeaves(c.one[:])
}

func (c *Content) setLeaves(leaves []blockset.Leaf) {
	c.leaves = leaves
	for _, l := range leaves {
		c.size += l.Size
	}
}

// start goes to offset, as OpenAt says, and loads the leaf there.
func (c *Content) start(offset int64) error {
	if offset < 0 {
		offset += c.size
	}
	c.pos = max(0, offset)
	i, _ := c.at(c.pos)
	return c.load(i)
}

// at returns the leaf that holds a place in the file, the last one beyond the
// end, and where it begins.
func (c *Content) at(pos int64) (i int, begin int64) {
	for i < len(c.leaves)-1 && begin+c.leaves[i].Size <= pos {
		begin += c.leaves[i].Size
		i++
	}
	return i, begin
}

// Size is the length of the content in bytes.
func (c *Content) Size() int64 { return c.size }

// CID is the file's name: a strong validator of its bytes.
func (c *Content) CID() cid.Cid { return c.file }

// Source is the farthest place that a leaf of this content had to be brought
// from until now.
func (c *Content) Source() Source { return c.source }

// Bytes returns the whole content where it is one block in memory, else false.
// The caller must not change it.
func (c *Content) Bytes() ([]byte, bool) {
	if len(c.leaves) != 1 || c.current != 0 || c.open != nil {
		return nil, false
	}
	return c.data, true
}

// Read reads from the present place in the file.
func (c *Content) Read(p []byte) (n int, err error) {
	at, end, err := c.rest()
	if err != nil {
		return 0, err
	}
	if c.open == nil {
		n = copy(p, c.data[at:])
	} else {
		n, err = readAt(c.open, p[:min(int64(len(p)), end-at)], at)
	}
	c.pos += int64(n)
	return n, err
}

// readAt reads at least a byte, which the file has unless it was cut short since
// it was opened.
func readAt(f *os.File, p []byte, at int64) (int, error) {
	n, err := f.ReadAt(p, at)
	switch {
	case n > 0:
		return n, nil
	case errors.Is(err, io.EOF):
		return 0, io.ErrUnexpectedEOF
	}
	return 0, err
}

// WriteTo writes from the present place to the end, as SendTo does.
func (c *Content) WriteTo(w io.Writer) (int64, error) { return c.SendTo(w, c.size) }

// SendTo writes n bytes from the present place on, or those to the end where
// there are fewer, a leaf at a time and without a buffer between. A leaf that is
// a file is handed to the io.ReaderFrom that w should be, as an
// io.LimitedReader over an *os.File, so that the kernel can send it.
func (c *Content) SendTo(w io.Writer, n int64) (total int64, err error) {
	for total < n {
		at, end, err := c.rest()
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		sent, err := c.send(w, at, min(end, at+n-total))
		c.pos += sent
		total += sent
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// send writes a part of the present leaf.
func (c *Content) send(w io.Writer, from, to int64) (int64, error) {
	if c.open == nil {
		n, err := w.Write(c.data[from:to])
		return int64(n), err
	}
	if _, err := c.open.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.Copy(w, &io.LimitedReader{R: c.open, N: to - from})
	if err == nil && n < to-from {
		err = io.ErrUnexpectedEOF // cut short since it was opened
	}
	return n, err
}

// Seek sets the place of the next read. It reads nothing.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.pos
	case io.SeekEnd:
		offset += c.size
	case io.SeekStart:
	default:
		return 0, fmt.Errorf("delivery: seek: whence %d: %w", whence, models.ErrInvalid)
	}
	if offset < 0 {
		return 0, fmt.Errorf("delivery: seek: before the start: %w", models.ErrInvalid)
	}
	c.pos = offset
	return offset, nil
}

// Close lets go of the bytes. Reading then fails; a second Close does nothing.
func (c *Content) Close() error {
	c.closed = true
	c.let()
	return nil
}

// rest makes the leaf at the present place the present one, and returns where in
// it that place is and where it ends; never nothing without an error.
func (c *Content) rest() (at, end int64, err error) {
	if c.closed {
		return 0, 0, fs.ErrClosed
	}
	if c.pos >= c.size {
		return 0, 0, io.EOF
	}
	i, begin := c.at(c.pos)
	if err := c.load(i); err != nil {
		return 0, 0, fmt.Errorf("delivery: file %s: %w", c.file, err)
	}
	return c.pos - begin, c.leaves[i].Size, nil
}

// load makes leaf i the present one. When it had to come from peers, those
// behind it are fetched meanwhile.
func (c *Content) load(i int) error {
	if i == c.current || i >= len(c.leaves) {
		return nil
	}
	l := c.leaves[i]
	if open, size := c.d.file(c.ctx, l.CID, l.Size); open != nil && size == l.Size {
		c.holdFile(i, open)
		return nil
	} else if open != nil {
		_ = open.Close()
	}
	f, err := c.d.served(c.ctx, c.root, l.CID)
	if err != nil {
		return err
	}
	if int64(len(f.data)) != l.Size {
		return fmt.Errorf("leaf %s has %d bytes, not %d: %w", l.CID, len(f.data), l.Size, models.ErrCorrupt)
	}
	c.hold(i, f)
	if f.from == SourcePeer {
		for _, next := range c.leaves[i+1:] {
			c.d.ahead.add(job{root: c.root, block: next.CID})
		}
	}
	return nil
}

func (c *Content) hold(i int, f found) {
	c.let()
	c.current, c.data = i, f.data
	c.source = max(c.source, f.from)
}

func (c *Content) holdFile(i int, f *os.File) {
	c.let()
	c.current, c.open = i, f
	c.source = max(c.source, SourceLocal)
}

// let lets go of the present leaf.
func (c *Content) let() {
	if c.open != nil {
		_ = c.open.Close()
	}
	c.current, c.data, c.open = -1, nil, nil
}
