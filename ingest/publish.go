package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/transcode"
	"runnel/transcode/hls"
)

// work is all that was made of a source.
type work struct {
	plan     transcode.Plan
	result   transcode.Result
	source   source
	segments map[string]map[int]models.Segment
}

// published is a release that has got a root.
type published struct {
	id     string
	root   cid.Cid
	before cid.Cid // root of the revision before; Undef for none
}

// publish makes the release final: playlists and stills, the signed set, one
// transaction. Where another revision of the release whose media it replaces was
// faster, the set is signed anew on top of that one.
func (w *Worker) publish(ctx context.Context, job models.Job, made work) (done published, err error) {
	if err := w.deps.Catalog.SetSource(ctx, job.ReleaseID, made.source.name, made.source.sum, made.source.Size); err != nil {
		return done, lost(err, "source")
	}
	for range amendTries {
		if done, err = w.tryPublish(ctx, job, made); !superseded(err) {
			break
		}
	}
	return done, err
}

func (w *Worker) tryPublish(ctx context.Context, job models.Job, made work) (done published, err error) {
	rel, own, err := w.assemble(ctx, job.ReleaseID, made)
	if err != nil {
		return done, err
	}
	key, err := w.deps.Catalog.SigningKey(ctx, rel.ChannelID)
	if err != nil {
		return done, fmt.Errorf("ingest: key: %w", err)
	}
	w.cfg.Crash(BeforeManifest)
	set, err := blockset.Write(ctx, w.deps.Blocks, key, rel)
	if err != nil {
		return done, fmt.Errorf("ingest: %w", err)
	}
	w.cfg.Crash(AfterManifest)
	w.cfg.Crash(BeforeCommit)
	err = w.deps.Catalog.Publish(ctx, job, catalog.Publication{
		Root: set.Root, Blocks: set.Blocks, Bytes: set.Bytes, Kind: rel.Kind, Renditions: measured(rel.Renditions, set.Manifest),
		Duration: rel.Duration, Poster: rel.Poster, Loudness: rel.Loudness, Rev: rel.Rev, Supersedes: rel.Supersedes, Own: own, Likeness: made.result.Likeness,
	})
	if err != nil {
		return done, lost(err, "publish")
	}
	w.cfg.Crash(AfterCommit)
	return published{id: rel.ID, root: set.Root, before: rel.Supersedes}, nil
}

// measured adds what Write has counted to the renditions.
func measured(renditions []models.Rendition, m blockset.Manifest) []models.Rendition {
	out := slices.Clone(renditions)
	for i, written := range m.Models() {
		out[i].Segments, out[i].Bytes = written.Segments, written.Bytes
		out[i].Hashes, out[i].HashesSHA256 = written.Hashes, written.HashesSHA256
	}
	return out
}

// assemble gathers the release and all its files; own are the bytes of the
// revision before, if there is one.
func (w *Worker) assemble(ctx context.Context, id string, made work) (rel blockset.Release, own int64, err error) {
	r, err := w.deps.Catalog.Release(ctx, id)
	if err != nil {
		return rel, 0, lost(err, "release")
	}
	var before models.Release // of which this is the next revision
	if r.Replaces != "" {
		if before, err = w.deps.Catalog.Release(ctx, r.Replaces); err != nil {
			return rel, 0, lost(err, "release")
		}
		r, r.Rev = before, before.Rev+1
	}
	r.Kind, r.Duration, r.Loudness, r.Rev = made.plan.Kind, made.result.Duration, made.result.Loudness, max(r.Rev, 1)
	rel = blockset.Release{
		Release: r, Supersedes: before.Manifest, SourceSHA256: made.source.sum, SourceBytes: made.source.Size,
		Encoder: made.plan.Encoder, Profile: made.plan.Profile, Renditions: slices.Clone(made.result.Renditions),
	}
	a := &adder{put: w.deps.Blocks}
	iframes := map[string]hls.Measured{}
	for i := range rel.Renditions {
		if err := a.rendition(ctx, &rel.Renditions[i], made.segments, iframes); err != nil {
			return rel, 0, err
		}
	}
	for _, f := range made.result.Beside {
		a.still(ctx, f.Path, f.Local)
	}
	named := hls.MasterFor(rel.Renditions, hls.MasterOptions{IFrames: iframes, Subtitles: made.result.Captions})
	master, old := named.Encode(), earlier{root: before.Manifest, source: w.deps.Source}
	if old.there() && a.err == nil {
		master = old.captions(ctx, a, master, rel.Duration)
	}
	a.bytes(ctx, hls.MasterPath, master)
	if lossless := hls.LosslessFor(rel.Renditions); len(lossless.Variants) > 0 {
		a.bytes(ctx, hls.LosslessPath, lossless.Encode())
	}
	rel.Poster = a.still(ctx, transcode.PosterPath, made.result.Poster)
	if cover := a.still(ctx, transcode.CoverPath, made.result.Cover); rel.Poster == "" {
		rel.Poster = cover
	}
	if a.err == nil && old.there() && keepsCover(before, rel.Poster) {
		rel.Poster = transcode.CoverPath
		old.cover(ctx, a)
	}
	rel.Files = a.files
	return rel, before.Bytes, a.err
}

// announceTime bounds how long a worker tells peers of a release.
const announceTime = 10 * time.Second

// announce tells the peer network of a release that everyone may find, and that
// the revision before is told of no more. The release is final whether or not
// anyone hears of it. The job has ended with its commit, so its context may end at
// any moment.
func (w *Worker) announce(ctx context.Context, done published) {
	w.cfg.Crash(BeforeAnnounce)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime)
	defer cancel()
	r, err := w.deps.Catalog.Release(ctx, done.id)
	if err == nil && w.deps.Announcer != nil && r.Listed() {
		err = w.deps.Announcer.Announce(ctx, done.root)
	}
	if err == nil && w.deps.Announcer != nil && done.before.Defined() {
		err = w.deps.Announcer.Announce(ctx, done.before)
	}
	if err != nil {
		w.log.Warn("release not announced", "release", done.id, "err", err)
	}
}
