package blockset

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// Report is what Verify found to be whole.
type Report struct {
	Root    cid.Cid
	Channel string // k51…
	Title   string
	// Manifest is what the channel signed; it is not to be changed.
	Manifest Manifest
	Files    int
	Blocks   int   // distinct
	Bytes    int64 // content bytes of the files
}

const (
	filesAtOnce = 8
	// maxRepeats bounds how often leaves may be named again: a small hostile DAG
	// could otherwise claim terabytes to hash.
	maxRepeats = 4096
)

// Verify proves a release from its root CID alone: who signed it, that every
// block matches its CID and every size is true, that there is no file more or
// less than the manifest names, and that playlists, hash lists, segments and all
// other files are those it names; playlists name only files of the release, in
// the order of the hash lists. Progress, unless nil, is told from time to time
// how many bytes of how many are done, blocks' overhead included, never from two
// goroutines at once. Each kind of damage has its own error; with several the
// first one met is returned.
func Verify(ctx context.Context, g Getter, root cid.Cid, progress func(done, total int64)) (Report, error) {
	v, err := newVerifier(ctx, g, root, progress)
	if err == nil {
		err = v.run(ctx)
	}
	if err != nil {
		return Report{}, fmt.Errorf("blockset: verify %s: %w", root, err)
	}
	return Report{
		Root: root, Channel: v.m.Channel, Title: v.m.Title, Manifest: *v.m,
		Files: len(v.files), Blocks: len(v.blocks), Bytes: v.bytes,
	}, nil
}

// verifier is one run of Verify.
type verifier struct {
	g        Getter
	opened   *Opened
	m        *Manifest
	progress func(done, total int64)

	entries int
	files   map[string]link        // by path
	want    map[string]expectation // by path
	total   int64

	mu      sync.Mutex // guards what follows while files are read
	blocks  map[cid.Cid]bool
	repeats int
	sizes   map[string]int64 // content bytes, by path
	bytes   int64
	done    int64
}

func newVerifier(ctx context.Context, g Getter, root cid.Cid, progress func(done, total int64)) (*verifier, error) {
	o, err := open(ctx, g, root)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return &verifier{
		g: g, opened: o, m: o.manifest, progress: progress,
		files: map[string]link{}, sizes: map[string]int64{}, blocks: map[cid.Cid]bool{root: true},
	}, nil
}

// run checks the files even where a root entry is not the manifest's: what is
// wrong inside says more than that.
func (v *verifier) run(ctx context.Context) error {
	if err := v.list(ctx, v.opened.folder, "", 1); err != nil {
		return err
	}
	v.expect()
	if err := v.checkPresence(); err != nil {
		return err
	}
	for _, l := range v.files {
		v.total += int64(l.size)
	}
	if err := v.readLists(ctx); err != nil {
		return err
	}
	if err := v.readAll(ctx); err != nil {
		return err
	}
	if err := v.checkRenditions(); err != nil {
		return err
	}
	return v.opened.checkTree()
}

// readLists reads the hash lists, which say what the segments must be.
func (v *verifier) readLists(ctx context.Context) error {
	for i := range v.m.Renditions {
		r := &v.m.Renditions[i]
		list, err := v.content(ctx, r.Hashes, sha256.Size*(maxSegments+1))
		if err != nil {
			return err
		}
		media := r.media()
		if sha256.Sum256(list) != r.HashesSHA256 || len(list) != sha256.Size*len(media) {
			return fmt.Errorf("%w: %s", ErrHashList, r.Hashes)
		}
		for n, p := range media {
			w := expectation{known: true, err: ErrSegment}
			copy(w.sum[:], list[n*sha256.Size:])
			v.want[p] = w
		}
	}
	return nil
}

// readAll reads every file, several at once, each CID once.
func (v *verifier) readAll(ctx context.Context) error {
	paths := map[cid.Cid][]string{}
	var order []cid.Cid
	for _, p := range sortedKeys(v.files) {
		c := v.files[p].cid
		if paths[c] == nil {
			order = append(order, c)
		}
		paths[c] = append(paths[c], p)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for _, c := range order {
		group.Go(func() error { return v.file(gctx, paths[c]) })
	}
	return group.Wait()
}

// file reads one file and holds it against what is said of each of its paths.
func (v *verifier) file(ctx context.Context, paths []string) error {
	l := v.files[paths[0]]
	sum, size, err := v.read(ctx, l)
	if err != nil {
		return fmt.Errorf("%s: %w", paths[0], err)
	}
	for _, p := range paths {
		if err := v.checkFile(ctx, p, l, sum); err != nil {
			return err
		}
		v.account(p, size, int64(l.size))
	}
	return nil
}

func (v *verifier) checkFile(ctx context.Context, p string, l link, sum Digest) error {
	if other := v.files[p]; other.size != l.size {
		return misshapen("%s: link claims %d bytes, not %d", p, other.size, l.size)
	}
	if w := v.want[p]; w.known && w.sum != sum {
		return fmt.Errorf("%w: %s", w.err, p)
	}
	if !isPlaylist(p) {
		return nil
	}
	text, err := v.content(ctx, p, maxPlaylist)
	if err != nil {
		return err
	}
	return v.checkPlaylist(p, string(text))
}

func isPlaylist(p string) bool { return strings.HasSuffix(p, ".m3u8") }

func (v *verifier) checkPlaylist(p, text string) error {
	if err := checkLines(p, text); err != nil {
		return err
	}
	for i := range v.m.Renditions {
		if r := &v.m.Renditions[i]; p == r.ID+"/"+playlistName {
			return checkOrder(r, text)
		}
	}
	return v.checkURIs(p, text)
}

func (v *verifier) account(p string, size, dagSize int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sizes[p] = size
	v.bytes += size
	v.done += dagSize
	v.progress(v.done, v.total)
}

// checkRenditions holds what the manifest says of a rendition's bytes against
// the files.
func (v *verifier) checkRenditions() error {
	for i := range v.m.Renditions {
		r := &v.m.Renditions[i]
		var size int64
		for _, p := range r.media() {
			size += v.sizes[p]
		}
		if size != r.Bytes {
			return fmt.Errorf("%w: %s has %d bytes, not %d", ErrManifest, r.ID, size, r.Bytes)
		}
	}
	return nil
}
