package blockset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// ExportDir writes the files of a release below dir, which is made if need be.
// The release is opened first, so its author is known; names are those that
// every file system takes alike; and nothing is ever written outside dir, nor
// over a file that is there (models.ErrExists). After an error the files that
// were written stay.
func ExportDir(ctx context.Context, g Getter, root cid.Cid, dir string) error {
	if err := exportDir(ctx, g, root, dir); err != nil {
		return fmt.Errorf("blockset: export %s: %w", root, err)
	}
	return nil
}

func exportDir(ctx context.Context, g Getter, root cid.Cid, dir string) error {
	v, err := newVerifier(ctx, g, root, nil)
	if err != nil {
		return err
	}
	if err := v.opened.checkTree(); err != nil {
		return err
	}
	if err := v.list(ctx, v.opened.folder, "", 1); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	to, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer to.Close()
	for _, p := range sortedKeys(v.files) {
		if err := v.export(ctx, to, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

func (v *verifier) export(ctx context.Context, to *os.Root, p string) error {
	leaves, _, err := v.leaves(ctx, v.files[p])
	if err != nil {
		return err
	}
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		if err := to.MkdirAll(filepath.FromSlash(p[:i]), 0o755); err != nil {
			return err
		}
	}
	f, err := to.OpenFile(filepath.FromSlash(p), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", models.ErrExists, err)
	}
	if err != nil {
		return err
	}
	_, err = v.copy(ctx, leaves, f)
	return errors.Join(err, f.Close())
}
