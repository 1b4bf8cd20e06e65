package blockset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"
	"github.com/ipld/go-car/v2"
	"github.com/ipld/go-car/v2/storage"

	"runnel/models"
)

const (
	maxCARHeader  = 4 << 10
	maxCARSection = leafSize + 64 // a leaf and its CID
)

// ExportCAR writes the whole set as a CARv1 (https://ipld.io/specs/transport/car/carv1/)
// with one root, blocks in the order of Walk: the same set gives the same bytes.
func ExportCAR(ctx context.Context, g Getter, root cid.Cid, w io.Writer) error {
	// A writer that can seek, as a pipe's *os.File seems to, is used like any
	// other: one byte after the other.
	out, err := storage.NewWritable(struct{ io.Writer }{w}, []cid.Cid{root}, car.WriteAsCarV1(true))
	if err == nil {
		err = walk(ctx, g, root, func(c cid.Cid, data []byte) error {
			return out.Put(ctx, c.KeyString(), data)
		})
	}
	if err == nil {
		err = out.Finalize()
	}
	if err != nil {
		return fmt.Errorf("blockset: export %s: %w", root, err)
	}
	return nil
}

// ImportCAR puts the blocks of a CARv1 with one root and returns the root. The
// input is anybody's: each block must match its CID, be of the kinds and sizes
// of a set, and be named by a block before it, as in every depth-first export;
// so nothing is stored that does not belong to the root, and the set is whole
// when ImportCAR returns without an error. Whose it is, and whether it is a
// release, Verify tells. What was stored before an error stays, and nothing
// refers to it. How much it may be is the caller's to limit.
func ImportCAR(ctx context.Context, r io.Reader, p Putter) (cid.Cid, error) {
	root, err := importCAR(ctx, r, p)
	if err != nil {
		return cid.Undef, fmt.Errorf("blockset: import: %w", err)
	}
	return root, nil
}

func importCAR(ctx context.Context, r io.Reader, p Putter) (cid.Cid, error) {
	in, root, err := openCAR(r)
	if err != nil {
		return cid.Undef, err
	}
	b := newBatch(p)
	defer b.wait()
	awaited := map[cid.Cid]bool{root: true} // false: has come
	missing, repeats := 1, 0
	for missing > 0 {
		c, data, err := nextBlock(in)
		if errors.Is(err, io.EOF) {
			return cid.Undef, fmt.Errorf("%w: %d blocks of %s: %w", ErrMissingBlock, missing, root, models.ErrNotFound)
		}
		if err != nil {
			return cid.Undef, err
		}
		waiting, named := awaited[c]
		if !named {
			return cid.Undef, misshapen("block %s is named by none before it", c)
		}
		if !waiting {
			if repeats++; repeats > maxRepeats { // or the stream need never end
				return cid.Undef, misshapen("more than %d blocks again", maxRepeats)
			}
			continue
		}
		awaited[c] = false
		n, err := await(awaited, c, data)
		if err != nil {
			return cid.Undef, err
		}
		missing += n - 1
		if err := b.add(ctx, block(c, data)); err != nil {
			return cid.Undef, err
		}
	}
	return root, b.flush(ctx)
}

// openCAR reads the header. CARv2 is refused before its offsets are believed.
func openCAR(r io.Reader) (*car.BlockReader, cid.Cid, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if start, _ := buffered.Peek(len(car.Pragma)); bytes.Equal(start, car.Pragma) {
		return nil, cid.Undef, misshapen("CARv2")
	}
	// Blocks are hashed here and with SHA-256 only, not with whatever function a
	// hostile CID names.
	in, err := car.NewBlockReader(struct{ io.Reader }{buffered}, car.MaxAllowedHeaderSize(maxCARHeader),
		car.MaxAllowedSectionSize(maxCARSection), car.WithTrustedCAR(true))
	if err != nil {
		return nil, cid.Undef, misshapen("CAR header: %v", err)
	}
	if in.Version != 1 || len(in.Roots) != 1 {
		return nil, cid.Undef, misshapen("CAR version %d with %d roots", in.Version, len(in.Roots))
	}
	root := in.Roots[0]
	if err := checkCID(root); err != nil {
		return nil, cid.Undef, err
	}
	if isRaw(root) {
		return nil, cid.Undef, misshapen("root is not a folder")
	}
	return in, root, nil
}

func nextBlock(in *car.BlockReader) (cid.Cid, []byte, error) {
	b, err := in.Next()
	if errors.Is(err, io.EOF) {
		return cid.Undef, nil, io.EOF
	}
	if err != nil {
		return cid.Undef, nil, fmt.Errorf("%w: CAR section: %w", ErrShape, err)
	}
	if err := checkCID(b.Cid()); err != nil {
		return cid.Undef, nil, err
	}
	if err := checkBlock(b.Cid(), b.RawData()); err != nil {
		return cid.Undef, nil, fmt.Errorf("%w: %s", err, b.Cid())
	}
	return b.Cid(), b.RawData(), nil
}

// await adds what a block names and returns how many of those are new.
func await(awaited map[cid.Cid]bool, c cid.Cid, data []byte) (int, error) {
	if isRaw(c) {
		return 0, nil
	}
	links, _, err := children(data)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c, err)
	}
	n := 0
	for _, l := range links {
		if _, known := awaited[l.cid]; !known {
			awaited[l.cid] = true
			n++
		}
	}
	if len(awaited) > maxBlocks {
		return 0, misshapen("more than %d blocks", maxBlocks)
	}
	return n, nil
}
