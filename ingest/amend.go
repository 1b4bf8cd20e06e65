package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/transcode/hls"
)

// amendTries is how often a change is made anew on top of another that was
// faster.
const amendTries = 5

// Amend makes the next revision of a release: its new blocks are durable, then
// one transaction switches it over, so that a crash leaves the one or the other.
// Blocks that stay are not written again, and no media is read. What changes
// nothing makes no revision.
func (e *Editor) Amend(ctx context.Context, id string, ch Change) (models.Release, error) {
	if err := ch.check(); err != nil {
		return models.Release{}, err
	}
	var err error
	for range amendTries {
		var r models.Release
		if r, err = e.amend(ctx, id, ch); !superseded(err) {
			return r, err
		}
	}
	return models.Release{}, err
}

func superseded(err error) bool {
	var f *models.Fault
	return errors.As(err, &f) && f.Code == catalog.CodeSuperseded
}

func (e *Editor) amend(ctx context.Context, id string, ch Change) (models.Release, error) {
	r, err := e.cfg.Catalog.Release(ctx, id)
	if err == nil && (r.State != models.StateFinal || r.AccountID == 0) {
		err = models.NewFault(models.ErrInvalid, "release_not_final", "Only a release that was published here can be changed like this.")
	}
	if err != nil {
		return r, err
	}
	next, before, err := e.next(ctx, r, ch)
	if err != nil || next.Files == nil {
		return r, err
	}
	key, err := e.cfg.Catalog.SigningKey(ctx, r.ChannelID)
	if err != nil {
		return r, fmt.Errorf("ingest: key: %w", err)
	}
	e.cfg.Crash(BeforeManifest)
	set, err := blockset.Write(ctx, e.cfg.Blocks, key, next)
	if err != nil {
		return r, fmt.Errorf("ingest: %w", err)
	}
	e.cfg.Crash(AfterManifest)
	e.cfg.Crash(BeforeCommit)
	err = e.cfg.Catalog.Amend(ctx, id, catalog.Publication{
		Root: set.Root, Blocks: set.Blocks, Bytes: set.Bytes, Duration: r.Duration, Width: r.Width, Height: r.Height,
		Poster: next.Poster, Loudness: r.Loudness, Rev: next.Rev, Supersedes: next.Supersedes, Own: r.Bytes - shared(before, set),
	})
	if err != nil {
		return r, fmt.Errorf("ingest: amend: %w", err)
	}
	e.cfg.Crash(AfterCommit)
	e.announce(ctx, r.Manifest, set.Root)
	return e.cfg.Catalog.Release(ctx, id)
}

// next is the release as it is to be written, and the files it has; without
// Files where nothing would change.
func (e *Editor) next(ctx context.Context, r models.Release, ch Change) (next blockset.Release, before []models.File, err error) {
	opened, err := blockset.Open(ctx, e.cfg.Source(r.Manifest), r.Manifest)
	if err != nil {
		return next, nil, fmt.Errorf("ingest: amend: %w", err)
	}
	if before, err = opened.Files(ctx); err != nil {
		return next, nil, fmt.Errorf("ingest: amend: %w", err)
	}
	if ch.Put, err = e.withMaster(ctx, r.Manifest, before, ch); err != nil {
		return next, nil, err
	}
	a := &adder{put: e.cfg.Blocks}
	for _, f := range before {
		if _, put := ch.Put[f.Path]; !put && !slices.Contains(ch.Drop, f.Path) {
			a.files = append(a.files, f)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(ch.Put)) {
		a.bytes(ctx, path, ch.Put[path])
	}
	next = opened.Amended()
	next.Rev = r.Rev + 1
	next.Title, next.Description, next.Tags, next.Language, next.License = r.Title, r.Description, r.Tags, r.Language, r.License
	next.ChannelName = r.ChannelName
	next.Poster = posterAfter(r.Poster, ch)
	if next.Poster == r.Poster && sameFiles(before, a.files) {
		return next, before, a.err
	}
	next.Files = a.files
	return next, before, a.err
}

// withMaster adds the new master playlist to what is put.
func (e *Editor) withMaster(ctx context.Context, root cid.Cid, files []models.File, ch Change) (map[string][]byte, error) {
	if ch.Master == nil {
		return ch.Put, nil
	}
	i := slices.IndexFunc(files, func(f models.File) bool { return f.Path == hls.MasterPath })
	if i < 0 || files[i].Size > maxMaster {
		return nil, fmt.Errorf("ingest: amend: %w: no master playlist", models.ErrCorrupt)
	}
	old, err := blockset.ReadFile(ctx, e.cfg.Source(root), files[i].CID)
	if err != nil {
		return nil, fmt.Errorf("ingest: amend: %w", err)
	}
	text, err := ch.Master(old)
	if err != nil {
		return nil, err
	}
	put := maps.Clone(ch.Put)
	if put == nil {
		put = map[string][]byte{}
	}
	put[hls.MasterPath] = text
	return put, nil
}

// maxMaster bounds a master playlist, in bytes.
const maxMaster = 1 << 20

func posterAfter(poster string, ch Change) string {
	switch _, put := ch.Put[poster]; {
	case ch.Poster != "":
		return ch.Poster
	case !put && slices.Contains(ch.Drop, poster):
		return ""
	}
	return poster
}

func sameFiles(a, b []models.File) bool {
	known := map[string]cid.Cid{}
	for _, f := range a {
		known[f.Path] = f.CID
	}
	for _, f := range b {
		if known[f.Path] != f.CID {
			return false
		}
	}
	return len(a) == len(b)
}

// shared are the bytes of the files that a set has in common with those before.
// Hash lists follow from the media and stay with them.
func shared(before []models.File, set blockset.Set) (bytes int64) {
	known := map[string]cid.Cid{}
	for _, f := range before {
		known[f.Path] = f.CID
	}
	for _, f := range set.Files {
		if known[f.Path] == f.CID || strings.HasPrefix(f.Path, "h/") {
			bytes += f.Size
		}
	}
	return bytes
}

// announce tells of the new root, and that the one before is told of no more.
func (e *Editor) announce(ctx context.Context, roots ...cid.Cid) {
	e.cfg.Crash(BeforeAnnounce)
	if e.cfg.Announcer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime)
	defer cancel()
	for _, root := range roots {
		if err := e.cfg.Announcer.Announce(ctx, root); err != nil {
			e.log.Warn("revision not announced", "root", root, "err", err)
		}
	}
}
