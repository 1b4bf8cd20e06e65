package blockset

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// Files lists the files of a release as Write takes them, in order of paths: all
// but the hash lists and the two of the manifest. Folders, hash lists and inner
// nodes are read and checked; leaves, which are the media, are not.
func (o *Opened) Files(ctx context.Context) ([]models.File, error) {
	v := &verifier{g: o.g, opened: o, m: o.manifest, files: map[string]link{}, blocks: map[cid.Cid]bool{}}
	out, err := v.listed(ctx)
	if err != nil {
		return nil, fmt.Errorf("blockset: files of %s: %w", o.root, err)
	}
	return out, nil
}

func (v *verifier) listed(ctx context.Context) ([]models.File, error) {
	if err := v.list(ctx, v.opened.folder, "", 1); err != nil {
		return nil, err
	}
	v.expect()
	if err := v.checkPresence(); err != nil {
		return nil, err
	}
	if err := v.readLists(ctx); err != nil {
		return nil, err
	}
	lists := map[string]bool{}
	for i := range v.m.Renditions {
		lists[v.m.Renditions[i].Hashes] = true
	}
	var out []models.File
	for _, p := range sortedKeys(v.files) {
		if p == manifestName || p == signatureName || lists[p] {
			continue
		}
		f, err := v.known(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// known is a file as AddFile returned it, by what links and manifest say.
func (v *verifier) known(ctx context.Context, p string) (models.File, error) {
	l := v.files[p]
	leaves, inner, err := v.leaves(ctx, l)
	if err != nil {
		return models.File{}, err
	}
	f := models.File{Path: p, CID: l.cid, DagSize: l.size, SHA256: v.want[p].sum}
	seen := map[cid.Cid]bool{}
	for _, leaf := range leaves {
		f.Size += leaf.Size
		f.Blocks = appendNew(f.Blocks, seen, leaf.CID)
	}
	for _, c := range inner {
		f.Blocks = appendNew(f.Blocks, seen, c)
	}
	return f, nil
}

// ReadFile returns the content of a file that fits one leaf of 1 MiB; a longer one
// is models.ErrTooLarge.
func ReadFile(ctx context.Context, g Getter, file cid.Cid) ([]byte, error) {
	var err error
	if !isRaw(file) {
		err = models.ErrTooLarge
	}
	var data []byte
	if err == nil {
		data, err = fetch(ctx, g, file)
	}
	if err != nil {
		return nil, fmt.Errorf("blockset: read %s: %w", file, err)
	}
	return data, nil
}

// Amended returns the release as Write takes it for the revision after this one:
// all but its Rev and Files, which are the caller's.
func (o *Opened) Amended() Release {
	m := o.manifest
	return Release{
		Release: m.Release(), Credits: m.Credits, SourceSHA256: m.Source.SHA256, SourceBytes: m.Source.Bytes,
		Encoder: m.Encoding.Encoder, Profile: m.Encoding.Profile, Supersedes: o.root, Renditions: m.Models(),
	}
}
