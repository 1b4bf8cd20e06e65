package blockset

import (
	"context"
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"
)

// Opened is a release whose root, manifest and signature have been checked. It
// is safe for use by several goroutines.
type Opened struct {
	g        Getter
	root     cid.Cid
	folder   *folder
	manifest *Manifest

	mu      sync.Mutex
	folders map[cid.Cid]*folder // decoded below the root, at most keepFolders
}

// keepFolders covers a player that moves along one rendition of picture and one
// of sound, several times over.
const keepFolders = 32

// Open checks whose release a root is: the root block, the manifest's form and
// signature, that its key is its channel's, and that the root holds exactly the
// entries that the manifest names. It reads no media; Verify does. Its errors
// are those of this package.
func Open(ctx context.Context, g Getter, root cid.Cid) (*Opened, error) {
	o, err := open(ctx, g, root)
	if err == nil {
		err = o.checkTree()
	}
	if err != nil {
		return nil, fmt.Errorf("blockset: open %s: %w", root, err)
	}
	return o, nil
}

// open checks all but that the CIDs of the root entries are the manifest's.
func open(ctx context.Context, g Getter, root cid.Cid) (*Opened, error) {
	if err := checkCID(root); err != nil {
		return nil, err
	}
	f, err := fetchFolder(ctx, g, root)
	if err != nil {
		return nil, err
	}
	manifest, err := fetchSmall(ctx, g, f, manifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	sig, err := fetchSmall(ctx, g, f, signatureName, maxSignature)
	if err != nil {
		return nil, err
	}
	m, err := authentic(manifest, sig)
	if err != nil {
		return nil, err
	}
	o := &Opened{g: g, root: root, folder: f, manifest: m, folders: map[cid.Cid]*folder{}}
	return o, o.checkNames()
}

// fetchSmall reads a file of the root that fits one leaf.
func fetchSmall(ctx context.Context, g Getter, f *folder, name string, limit uint64) ([]byte, error) {
	l, ok := f.find(name)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrMissingEntry, name)
	}
	if !isRaw(l.cid) || l.size > limit {
		return nil, misshapen("%s of %d bytes", name, l.size)
	}
	data, err := fetch(ctx, g, l.cid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if uint64(len(data)) != l.size {
		return nil, misshapen("%s has %d bytes, not %d", name, len(data), l.size)
	}
	return data, nil
}

// authentic parses a manifest that its channel signed. The signature comes
// first, so that whatever was changed in a manifest is a broken signature.
func authentic(manifest, sig []byte) (*Manifest, error) {
	channel, err := checkSignature(sig, manifest)
	if err != nil {
		return nil, err
	}
	m, err := ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	if m.Channel != channel {
		return nil, fmt.Errorf("%w: %s, not %s", ErrSigner, channel, m.Channel)
	}
	return m, nil
}

// checkNames: the root's names are those of the manifest's tree and the two
// files of the manifest, no fewer and no more.
func (o *Opened) checkNames() error {
	for _, l := range o.folder.links {
		if l.name == manifestName || l.name == signatureName {
			continue
		}
		if _, ok := o.manifest.Tree[l.name]; !ok {
			return fmt.Errorf("%w: %s", ErrExtraEntry, l.name)
		}
	}
	for name := range o.manifest.Tree {
		if _, ok := o.folder.find(name); !ok {
			return fmt.Errorf("%w: %s", ErrMissingEntry, name)
		}
	}
	return nil
}

// checkTree: each entry is the one that the manifest names.
func (o *Opened) checkTree() error {
	for _, l := range o.folder.links {
		if want, ok := o.manifest.Tree[l.name]; ok && want != l.cid.String() {
			return fmt.Errorf("%w: %s is %s, not %s", ErrTree, l.name, l.cid, want)
		}
	}
	return nil
}

// Root returns the CID that was opened.
func (o *Opened) Root() cid.Cid { return o.root }

// Size returns how many bytes all blocks have together, each counted as often as
// it is named: what the root's links claim, which Verify finds true or refuses.
func (o *Opened) Size() int64 { return int64(o.folder.dagSize()) }

// Manifest returns the checked manifest. The caller must not change what it
// refers to.
func (o *Opened) Manifest() Manifest { return *o.manifest }
