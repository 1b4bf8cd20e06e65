package blockset

import (
	"context"
	"errors"
	"io"
	"sync"

	chunk "github.com/ipfs/boxo/chunker"
	"github.com/ipfs/go-cid"

	"runnel/models"
)

// cutAhead is how many leaves are read and hashed before they are asked for.
const cutAhead = 4

// cutter is the chunk.Splitter of a file. From the second leaf on it reads and
// names leaves while the importer still deals with the ones before: the digest
// of the whole file takes as long as those of all leaves, and no two leaves have
// to wait for each other. It is for one goroutine beside its own.
type cutter struct {
	from  chunk.Splitter
	cut   map[*byte]models.Block // handed out, and not taken yet
	begun bool                   // the first leaf has been handed out
	ahead chan chan cutLeaf
	quit  context.CancelFunc
	ended sync.WaitGroup
}

// cutLeaf is what came of reading one.
type cutLeaf struct {
	models.Block
	err error
}

func newCutter(r io.Reader) *cutter {
	return &cutter{from: chunk.NewSizeSplitter(r, leafSize), cut: map[*byte]models.Block{}}
}

// Reader implements chunk.Splitter.
func (c *cutter) Reader() io.Reader { return c.from.Reader() }

// NextBytes implements chunk.Splitter. Most files are one leaf, which needs no
// goroutine.
func (c *cutter) NextBytes() ([]byte, error) {
	var l cutLeaf
	switch {
	case !c.begun:
		c.begun = true
		data, err := c.from.NextBytes()
		if l = nameLeaf(data, err); len(data) == leafSize {
			c.start()
		}
	case c.ahead == nil:
		return nil, io.EOF
	default:
		next, more := <-c.ahead
		if !more {
			return nil, io.EOF
		}
		l = <-next
	}
	if l.err == nil && len(l.Data) > 0 {
		c.cut[&l.Data[0]] = l.Block
	}
	return l.Data, l.err
}

func nameLeaf(data []byte, err error) cutLeaf {
	if err != nil {
		return cutLeaf{err: err}
	}
	return cutLeaf{Block: models.RawBlock(data)}
}

// start begins to read ahead, until the end or stop.
func (c *cutter) start() {
	ctx, quit := context.WithCancel(context.Background())
	c.quit, c.ahead = quit, make(chan chan cutLeaf, cutAhead)
	c.ended.Go(func() {
		defer close(c.ahead)
		for {
			data, err := c.from.NextBytes()
			if errors.Is(err, io.EOF) && len(data) == 0 {
				return
			}
			out := make(chan cutLeaf, 1)
			c.ended.Go(func() { out <- nameLeaf(data, err) })
			select {
			case c.ahead <- out:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
}

// stop returns once nothing reads the file any more.
func (c *cutter) stop() {
	if c.quit != nil {
		c.quit()
		c.ended.Wait()
	}
}

// take returns the block of a leaf that was handed out, once.
func (c *cutter) take(name cid.Cid, data []byte) models.Block {
	if len(data) > 0 {
		if b, ok := c.cut[&data[0]]; ok && b.CID == name {
			delete(c.cut, &data[0])
			return b
		}
	}
	return block(name, data)
}

// builder is the profile's cid.Builder, which finds the names of the cutter's
// leaves instead of computing them.
func (c *cutter) builder() cid.Builder { return cutBuilder{builder(), c} }

type cutBuilder struct {
	cid.Builder
	leaves *cutter
}

// Sum implements cid.Builder.
func (b cutBuilder) Sum(data []byte) (cid.Cid, error) {
	if b.GetCodec() == cid.Raw && len(data) > 0 {
		if known, ok := b.leaves.cut[&data[0]]; ok && len(known.Data) == len(data) {
			return known.CID, nil
		}
	}
	return b.Builder.Sum(data)
}

// WithCodec implements cid.Builder.
func (b cutBuilder) WithCodec(codec uint64) cid.Builder {
	return cutBuilder{b.Builder.WithCodec(codec), b.leaves}
}
