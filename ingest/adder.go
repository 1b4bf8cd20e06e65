package ingest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode/hls"
)

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

// still adds a file, if there is one, and returns its path in the release.
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
