package blockset

import (
	"context"
	"fmt"
)

// list reads all folders and gathers the files by path. Each link to a folder
// must claim the true sum of what is below it.
func (v *verifier) list(ctx context.Context, f *folder, prefix string, depth int) error {
	for _, l := range f.links {
		if v.entries++; v.entries > maxEntries {
			return misshapen("more than %d entries", maxEntries)
		}
		if isRaw(l.cid) {
			v.files[prefix+l.name] = l
			continue
		}
		data, err := fetch(ctx, v.g, l.cid)
		if err != nil {
			return fmt.Errorf("%s: %w", prefix+l.name, err)
		}
		below, err := decodeFolder(data)
		if err != nil {
			// Not a folder, so it must be a file: read will see.
			v.files[prefix+l.name] = l
			continue
		}
		if depth == maxDepth {
			return misshapen("%s: deeper than %d names", prefix+l.name, maxDepth)
		}
		if below.dagSize() != l.size {
			return misshapen("%s: link claims %d bytes, not %d", prefix+l.name, l.size, below.dagSize())
		}
		v.blocks[l.cid] = true
		if err := v.list(ctx, below, prefix+l.name+"/", depth+1); err != nil {
			return err
		}
	}
	return nil
}

// expectation is what the manifest says of one file.
type expectation struct {
	sum   Digest
	known bool  // sum is set
	err   error // when it differs
}

// expect works out every path that the manifest names, and what it says of it.
// What it says of segments stands in the hash lists, which are not read yet.
func (v *verifier) expect() {
	v.want = map[string]expectation{manifestName: {}, signatureName: {}}
	for p, sum := range v.m.Files {
		err := ErrFile
		if isPlaylist(p) {
			err = ErrPlaylist
		}
		v.want[p] = expectation{sum: sum, known: true, err: err}
	}
	for i := range v.m.Renditions {
		r := &v.m.Renditions[i]
		v.want[r.Hashes] = expectation{sum: r.HashesSHA256, known: true, err: ErrHashList}
		v.want[r.ID+"/"+playlistName] = expectation{sum: r.PlaylistSHA256, known: true, err: ErrPlaylist}
		if r.IFramesSHA256 != nil {
			v.want[r.ID+"/"+iframesName] = expectation{sum: *r.IFramesSHA256, known: true, err: ErrPlaylist}
		}
		for _, p := range r.media() {
			v.want[p] = expectation{err: ErrSegment}
		}
	}
}

// media lists the files of a rendition's hash list in its order.
func (r *Rendition) media() []string {
	out := make([]string, 0, r.Segments+1)
	out = append(out, r.ID+"/"+initName)
	for n := range r.Segments {
		out = append(out, r.ID+"/"+segmentPath(n))
	}
	return out
}

// checkPresence holds the files that are there against those that are named.
func (v *verifier) checkPresence() error {
	for _, p := range sortedKeys(v.files) {
		if _, ok := v.want[p]; !ok {
			return fmt.Errorf("%w: %s", ErrExtraEntry, p)
		}
	}
	for _, p := range sortedKeys(v.want) {
		if _, ok := v.files[p]; !ok {
			return fmt.Errorf("%w: %s", ErrMissingEntry, p)
		}
	}
	return nil
}
