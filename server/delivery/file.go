package delivery

import (
	"context"
	"os"

	"github.com/ipfs/go-cid"
)

// fileFrom is the size of a block from which a file that goes out without a copy
// is cheaper than bytes in memory, opening and closing included.
const fileFrom = 64 << 10

// asFile reports whether a block of that size is better sent from its file.
func (d *Delivery) asFile(size int64) bool { return d.files != nil && size >= fileFrom }

// sendable reports whether a block that was just read can be sent from its file
// from now on.
func (d *Delivery) sendable(ctx context.Context, c cid.Cid, size int64) bool {
	if !d.asFile(size) {
		return false
	}
	f, _, err := d.files.OpenChecked(ctx, c)
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

// file opens the file of a block that has been checked and is about that long.
// It returns nil where there is none; whatever the reason, the way through
// memory will meet it.
func (d *Delivery) file(ctx context.Context, c cid.Cid, about int64) (*os.File, int64) {
	if !d.asFile(about) || !named(c) {
		return nil, 0
	}
	f, size, err := d.files.OpenChecked(ctx, c)
	if err != nil {
		return nil, 0
	}
	d.metrics.Served(SourceLocal, int(size))
	d.shareFile(ctx, c)
	return f, size
}
