package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

// Content is a file's bytes, read leaf by leaf as they are wanted. It serves
// http.ServeContent, and with Bytes and WriteTo whoever wants fewer copies. It
// is for one goroutine; it keeps the context of the request that opened it,
// because the reading interfaces leave no room for one.
type Content struct {
	d          *Delivery
	ctx        context.Context
	root, file cid.Cid
	leaves     []blockset.Leaf
	one        [1]blockset.Leaf // leaves of a file of one block
	size       int64
	pos        int64
	current    int    // the leaf that data holds; -1: none
	data       []byte // its bytes; not ours to change
	source     Source
	closed     bool
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

// Bytes returns the whole content where it is one block, else false. The caller
// must not change it.
func (c *Content) Bytes() ([]byte, bool) {
	if len(c.leaves) != 1 || c.current != 0 {
		return nil, false
	}
	return c.data, true
}

// Read reads from the present place in the file.
func (c *Content) Read(p []byte) (int, error) {
	rest, err := c.rest()
	if err != nil {
		return 0, err
	}
	n := copy(p, rest)
	c.pos += int64(n)
	return n, nil
}

// WriteTo writes from the present place to the end, a leaf at a time and without
// a buffer between.
func (c *Content) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		rest, err := c.rest()
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		n, err := w.Write(rest)
		c.pos += int64(n)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
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
	c.closed, c.data, c.current = true, nil, -1
	return nil
}

// rest returns what the present leaf has from the present place on; never
// nothing without an error.
func (c *Content) rest() ([]byte, error) {
	if c.closed {
		return nil, fs.ErrClosed
	}
	if c.pos >= c.size {
		return nil, io.EOF
	}
	i, begin := c.at(c.pos)
	if err := c.load(i); err != nil {
		return nil, fmt.Errorf("delivery: file %s: %w", c.file, err)
	}
	return c.data[c.pos-begin:], nil
}

// load makes leaf i the present one. When it had to come from peers, those
// behind it are fetched meanwhile.
func (c *Content) load(i int) error {
	if i == c.current || i >= len(c.leaves) {
		return nil
	}
	l := c.leaves[i]
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
	c.current, c.data = i, f.data
	c.source = max(c.source, f.from)
}
