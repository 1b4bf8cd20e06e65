package ingest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
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

// publish makes the release final: playlists and stills, the signed set, one
// transaction.
func (w *Worker) publish(ctx context.Context, job models.Job, made work) (cid.Cid, error) {
	if err := w.deps.Catalog.SetSource(ctx, job.ReleaseID, made.source.name, made.source.sum, made.source.Size); err != nil {
		return cid.Undef, lost(err, "source")
	}
	rel, err := w.assemble(ctx, job.ReleaseID, made)
	if err != nil {
		return cid.Undef, err
	}
	key, err := w.deps.Catalog.SigningKey(ctx, rel.ChannelID)
	if err != nil {
		return cid.Undef, fmt.Errorf("ingest: key: %w", err)
	}
	w.cfg.Crash(BeforeManifest)
	set, err := blockset.Write(ctx, w.deps.Blocks, key, rel)
	if err != nil {
		return cid.Undef, fmt.Errorf("ingest: %w", err)
	}
	w.cfg.Crash(AfterManifest)
	w.cfg.Crash(BeforeCommit)
	err = w.deps.Catalog.Publish(ctx, job, catalog.Publication{
		Root: set.Root, Blocks: set.Blocks, Bytes: set.Bytes, Kind: rel.Kind, Renditions: measured(rel.Renditions, set.Manifest),
		Duration: rel.Duration, Poster: rel.Poster, Loudness: rel.Loudness, Rev: rel.Rev, Likeness: made.result.Likeness,
	})
	if err != nil {
		return cid.Undef, lost(err, "publish")
	}
	w.cfg.Crash(AfterCommit)
	return set.Root, nil
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

// assemble gathers the release and all its files.
func (w *Worker) assemble(ctx context.Context, id string, made work) (blockset.Release, error) {
	r, err := w.deps.Catalog.Release(ctx, id)
	if err != nil {
		return blockset.Release{}, lost(err, "release")
	}
	r.Kind, r.Duration, r.Loudness, r.Rev = made.plan.Kind, made.result.Duration, made.result.Loudness, max(r.Rev, 1)
	rel := blockset.Release{
		Release: r, Credits: credits(made.plan.Tags), SourceSHA256: made.source.sum, SourceBytes: made.source.Size,
		Encoder: made.plan.Encoder, Profile: made.plan.Profile, Renditions: slices.Clone(made.result.Renditions),
	}
	a := &adder{put: w.deps.Blocks}
	iframes := map[string]hls.Measured{}
	for i := range rel.Renditions {
		if err := a.rendition(ctx, &rel.Renditions[i], made.segments, iframes); err != nil {
			return rel, err
		}
	}
	master := hls.MasterFor(rel.Renditions, hls.MasterOptions{IFrames: iframes})
	a.bytes(ctx, hls.MasterPath, master.Encode())
	rel.Poster = a.still(ctx, transcode.PosterPath, made.result.Poster)
	if cover := a.still(ctx, transcode.CoverPath, made.result.Cover); rel.Poster == "" {
		rel.Poster = cover
	}
	rel.Files = a.files
	return rel, a.err
}

// adder makes files into blocks and remembers the first error.
type adder struct {
	put   blockset.Putter
	files []models.File
	err   error
}

// rendition measures a rendition and adds its segments and playlists.
func (a *adder) rendition(ctx context.Context, r *models.Rendition, all map[string]map[int]models.Segment, iframes map[string]hls.Measured) error {
	segs := slices.Collect(maps.Values(all[r.ID]))
	duration := r.Duration
	hls.Measure(segs).Apply(r)
	if duration > 0 {
		r.Duration = duration // exact: segments of sound begin with priming
	}
	media := hls.MediaFor(segs, hls.MediaOptions{Type: hls.VOD, End: true})
	if _, ok := all[r.ID][models.InitNumber]; !ok || len(media.Segments) != len(segs)-1 || len(segs) < 2 {
		return fmt.Errorf("ingest: %s: %w: segments are missing", r.ID, models.ErrUnavailable)
	}
	for _, s := range segs {
		a.files = append(a.files, s.File)
	}
	a.bytes(ctx, hls.PlaylistPath(r.ID), media.Encode())
	if r.Media == models.MediaVideo {
		iframe := hls.IFrameFor(segs)
		iframes[r.ID] = hls.MeasureIFrames(segs)
		a.bytes(ctx, hls.IFramePath(r.ID), iframe.Encode())
	}
	return a.err
}

func (a *adder) bytes(ctx context.Context, path string, data []byte) {
	if a.err != nil {
		return
	}
	f, err := blockset.AddFile(ctx, a.put, path, bytes.NewReader(data))
	if err != nil {
		a.err = fmt.Errorf("ingest: %s: %w", path, err)
		return
	}
	a.files = append(a.files, f)
}

// still adds a picture, if there is one, and returns its path in the release.
func (a *adder) still(ctx context.Context, path, local string) string {
	if local == "" || a.err != nil {
		return ""
	}
	data, err := os.ReadFile(local)
	if err != nil {
		a.err = fmt.Errorf("ingest: %s: %w", path, err)
		return ""
	}
	a.bytes(ctx, path, data)
	return path
}

// announceTime bounds how long a worker tells peers of a release.
const announceTime = 10 * time.Second

// announce tells the peer network of a release that everyone may find. The
// release is final whether or not anyone hears of it. The job has ended with its
// commit, so its context may end at any moment.
func (w *Worker) announce(ctx context.Context, id string, root cid.Cid) {
	w.cfg.Crash(BeforeAnnounce)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime)
	defer cancel()
	r, err := w.deps.Catalog.Release(ctx, id)
	if err == nil && w.deps.Announcer != nil && r.Listed() {
		err = w.deps.Announcer.Announce(ctx, root)
	}
	if err != nil {
		w.log.Warn("release not announced", "release", id, "err", err)
	}
}
