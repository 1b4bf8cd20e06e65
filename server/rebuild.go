package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

// Rebuilt is what a rebuild found among the blocks of a folder.
type Rebuilt struct {
	Blocks   int       // looked at
	Put      []PutBack // releases that were not in the catalogue, by channel and id
	Here     int       // releases that were
	Sources  int       // originals that were given back to their releases
	Findings []string  // what is damaged, incomplete or left out, a line each
}

// PutBack is a release that came back.
type PutBack struct {
	models.Release     // as its manifest tells it
	Revisions      int // with the latest
	Missing        int // blocks of them that are not here or damaged, as far as is known
}

// MakeFolderForBlocks opens a data folder whose blocks are there, whatever else of
// it is lost: what is missing is made. models.ErrNotFound where there are none.
func MakeFolderForBlocks(ctx context.Context, at Where) (*Folder, error) {
	found, err := at.resolved()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(found.Blocks); err != nil {
		return nil, models.NewFault(models.ErrNotFound, "no_blocks", "There are no blocks in "+found.Blocks+". Name the data folder with --data.")
	}
	return MakeFolder(ctx, at)
}

// Rebuild looks through the folder's blocks for releases and puts those back that
// the catalogue does not know: with what their signed manifests tell, and with
// every byte verified. Nobody but moderators sees them before one has approved
// them, unless open is set; see catalog.Rebuild. Each release is put back in a
// transaction of its own, so that a rebuild that was cut off goes on when it is
// run again. Progress, unless nil, is told what is being done, and how much of how
// much.
//
// A release of which blocks are missing or damaged comes back too, and a node
// fetches them from peers.
func (f *Folder) Rebuild(ctx context.Context, open bool, progress func(what string, done, total int64)) (Rebuilt, error) {
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	r := rebuilding{folder: f, open: open, progress: progress}
	err := r.lookForSources(ctx)
	var found []lineage
	if err == nil {
		found, err = r.look(ctx)
	}
	if err == nil {
		err = r.put(ctx, found)
	}
	if err != nil {
		return r.out, fmt.Errorf("server: rebuild: %w", err)
	}
	return r.out, nil
}

// rebuilding is a rebuild on its way.
type rebuilding struct {
	folder      *Folder
	open        bool
	progress    func(what string, done, total int64)
	done, total int64              // bytes verified
	sources     map[int64][]string // ids of uploads that nothing names, by length in bytes
	out         Rebuilt
}

func (r *rebuilding) finding(format string, args ...any) {
	r.out.Findings = append(r.out.Findings, fmt.Sprintf(format, args...))
}

// put puts back one release after the other.
func (r *rebuilding) put(ctx context.Context, releases []lineage) error {
	for _, l := range releases {
		for _, v := range l {
			r.total += v.size
		}
	}
	for _, l := range releases {
		if err := errors.Join(r.release(ctx, l), r.source(ctx, l)); err != nil {
			return err
		}
	}
	return nil
}

func (r *rebuilding) release(ctx context.Context, l lineage) error {
	there, err := r.known(ctx, l)
	if err != nil {
		return err
	}
	if there {
		r.out.Here++
		for _, v := range l {
			r.done += v.size
		}
		r.progress("Verifying", r.done, r.total)
		return nil
	}
	f, missing, err := r.verify(ctx, l)
	if err != nil || len(f.Revisions) == 0 {
		return err
	}
	fresh, err := r.folder.Catalog.Rebuild(ctx, f)
	var fault *models.Fault
	switch {
	case errors.As(err, &fault) && (errors.Is(err, models.ErrExists) || errors.Is(err, models.ErrInvalid)):
		r.finding("release %s %q: left out: %s", f.Release.ID, f.Release.Title, fault.Text)
	case err != nil:
		return err
	case fresh:
		r.out.Put = append(r.out.Put, PutBack{Release: f.Release, Revisions: len(f.Revisions), Missing: missing})
	default:
		r.out.Here++
	}
	return nil
}

// known reports whether all of a release is in the catalogue.
func (r *rebuilding) known(ctx context.Context, l lineage) (bool, error) {
	for _, v := range l {
		if named, err := r.folder.Catalog.RootNamed(ctx, v.root); !named || err != nil {
			return false, err
		}
	}
	return true, nil
}

// verify reads every byte of a release's revisions, the latest first: of those
// that one shares with the next, no later one has to be counted again. A revision
// whose files are not those that were signed is left out.
func (r *rebuilding) verify(ctx context.Context, l lineage) (f catalog.Found, missing int, err error) {
	var next map[cid.Cid]int
	f.Open = r.open
	for i := len(l) - 1; i >= 0; i-- {
		v, held, lost, err := r.revision(ctx, l[i])
		if err != nil {
			return f, missing, err
		}
		if v == nil {
			continue
		}
		if missing += lost; len(f.Revisions) == 0 {
			f.Release, f.Renditions = l[i].manifest.Release(), l[i].manifest.Models()
			f.Release.Manifest, f.Release.Bytes = v.Root, v.Bytes
		} else {
			v.Bytes = ownBytes(held, next)
		}
		f.Revisions = append([]catalog.FoundRevision{*v}, f.Revisions...)
		next = held
	}
	return f, missing, nil
}

// ownBytes counts the content that a later revision does not hold.
func ownBytes(held, next map[cid.Cid]int) (bytes int64) {
	for c, size := range held {
		if _, shared := next[c]; !shared && c.Prefix().Codec == cid.Raw {
			bytes += int64(size)
		}
	}
	return bytes
}

// revision verifies one root; nil where it is not what its channel signed.
func (r *rebuilding) revision(ctx context.Context, s sighting) (v *catalog.FoundRevision, held map[cid.Cid]int, lost int, err error) {
	heard := &recorder{from: r.folder.Blocks, held: map[cid.Cid]int{}}
	before := r.done
	report, err := blockset.Verify(ctx, heard, s.root, func(done, _ int64) { r.progress("Verifying", before+done, r.total) })
	r.done = before + s.size
	if err != nil && ctx.Err() != nil {
		return nil, nil, 0, ctx.Err()
	}
	whole := err == nil
	switch {
	case errors.Is(err, blockset.ErrMissingBlock), errors.Is(err, blockset.ErrBlock):
		if lost, err = r.survey(ctx, s, heard); err != nil {
			return nil, nil, 0, err
		}
	case errors.Is(err, models.ErrCorrupt):
		r.finding("release %s %q: left out: %v", s.manifest.ID, s.manifest.Title, err)
		return nil, nil, 0, nil
	case err != nil:
		return nil, nil, 0, err
	}
	if bytes := report.Bytes; whole {
		s.bytes = bytes
	} else {
		s.bytes = ownBytes(heard.held, nil)
	}
	return &catalog.FoundRevision{
		Revision: models.Revision{Rev: s.manifest.Rev, Root: s.root, Bytes: s.bytes, Duration: s.manifest.Release().Duration, Poster: s.manifest.Poster},
		Blocks:   heard.blocks(), Whole: whole,
	}, heard.held, lost, nil
}

// survey finds out which blocks of an incomplete revision are here, so that the
// collector leaves them.
func (r *rebuilding) survey(ctx context.Context, s sighting, heard *recorder) (lost int, err error) {
	err = blockset.Survey(ctx, heard, s.root, func(cid.Cid, int) error { return nil }, func(cid.Cid) { lost++ })
	if errors.Is(err, models.ErrCorrupt) {
		err = nil // the rest is told by whoever fetches what is missing
	}
	r.finding("release %s %q, manifest %s: %d blocks are missing or damaged", s.manifest.ID, s.manifest.Title, s.root, lost)
	return lost, err
}
