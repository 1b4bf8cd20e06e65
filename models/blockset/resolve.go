package blockset

import (
	"context"
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Resolve returns the file of a path and its content bytes. Only plain files
// below the root have one; for every other path, whatever its form, the error
// wraps models.ErrNotFound. The size of a file of one block is what the channel
// signed for; Leaves knows the true one.
func (o *Opened) Resolve(ctx context.Context, path string) (cid.Cid, int64, error) {
	c, size, err := o.resolve(ctx, path)
	if err != nil {
		return cid.Undef, 0, fmt.Errorf("blockset: resolve %q in %s: %w", clip(path), o.root, err)
	}
	return c, size, nil
}

func (o *Opened) resolve(ctx context.Context, path string) (cid.Cid, int64, error) {
	if checkPath(path) != nil {
		return cid.Undef, 0, models.ErrNotFound
	}
	dir, names := o.folder, strings.Split(path, "/")
	for _, name := range names[:len(names)-1] {
		l, ok := dir.find(name)
		if !ok || isRaw(l.cid) {
			return cid.Undef, 0, models.ErrNotFound
		}
		var err error
		if dir, err = o.sub(ctx, l.cid); err != nil {
			return cid.Undef, 0, err
		}
	}
	l, ok := dir.find(names[len(names)-1])
	if !ok {
		return cid.Undef, 0, models.ErrNotFound
	}
	size, err := o.fileSize(ctx, l)
	return l.cid, size, err
}

// sub returns a folder below the root.
func (o *Opened) sub(ctx context.Context, c cid.Cid) (*folder, error) {
	o.mu.Lock()
	f, ok := o.folders[c]
	o.mu.Unlock()
	if ok {
		return f, nil
	}
	f, err := fetchFolder(ctx, o.g, c)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for old := range o.folders {
		if len(o.folders) < keepFolders {
			break
		}
		delete(o.folders, old)
	}
	o.folders[c] = f
	return f, nil
}

func (o *Opened) fileSize(ctx context.Context, l link) (int64, error) {
	if isRaw(l.cid) {
		if l.size > leafSize {
			return 0, misshapen("leaf of %d bytes", l.size)
		}
		return int64(l.size), nil
	}
	data, err := fetch(ctx, o.g, l.cid)
	if err != nil {
		return 0, err
	}
	if _, err := decodeFolder(data); err == nil {
		return 0, models.ErrNotFound
	}
	f, err := readFile(ctx, o.g, l.cid)
	if err != nil {
		return 0, err
	}
	return contentSize(f.leaves), nil
}
