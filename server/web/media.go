package web

import (
	"context"
	"errors"
	"net/http"
	"path"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ipfs/go-cid"

	"runnel/models"
)

// liveGrace is how long the growing playlists stay after a release is final, so
// that whoever watches it grow is not cut off.
const liveGrace = 24 * time.Hour

// serveMedia mounts /media: the tree of a release that is not served to
// everyone, or that still grows, for the holder of a token.
func (s *Server) serveMedia(e *gin.Engine) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(method, mediaPath+":token/*path", s.media)
	}
}

func (s *Server) media(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer") // the token stands in the address
	err := s.mediaFile(c)
	if err != nil {
		s.fail(c, err)
	}
}

// mediaFile checks the token and, as the right may have ended since it was made,
// the release and the account behind it.
func (s *Server) mediaFile(c *gin.Context) error {
	ctx := c.Request.Context()
	t, ok := s.seal.open(c.Param("token"), s.cfg.Now())
	file, clean := cleanPath(c.Param("path"))
	if !ok || !clean {
		return models.ErrNotFound
	}
	r, err := s.deps.Releases.Release(ctx, t.Release)
	if err != nil {
		return err
	}
	holder, err := s.audience(ctx, t.Audience)
	if err != nil {
		return err
	}
	if err := holder.mayWatch(&r); err != nil {
		return err
	}
	if t.Right == rightLive && (r.State == models.StateTranscoding || s.inGrace(&r)) {
		return s.growing(c, &r, file)
	}
	if r.State != models.StateFinal {
		return models.ErrNotFound
	}
	root, err := s.revisionRoot(ctx, &r, t.Rev)
	if err != nil {
		return err
	}
	return s.sendFile(c, root, file)
}

// revisionRoot is the root that a token was made for: who plays goes on with the
// same media when there are others.
func (s *Server) revisionRoot(ctx context.Context, r *models.Release, rev int) (cid.Cid, error) {
	if rev == r.Rev {
		return r.Manifest, nil
	}
	return s.deps.Studio.RevisionRoot(ctx, r.ID, rev)
}

// inGrace reports whether the growing playlists of a final release still stand.
// A release of another node never grew here.
func (s *Server) inGrace(r *models.Release) bool {
	return r.State == models.StateFinal && r.AccountID != 0 && s.cfg.Now().Sub(r.FinalAt) < liveGrace
}

// sendFile sends a file of a final tree.
func (s *Server) sendFile(c *gin.Context, root cid.Cid, file string) error {
	content, err := s.deps.Delivery.Open(c.Request.Context(), root, file)
	if err != nil {
		return err
	}
	send(c, content, file)
	return nil
}

// growing sends a file of a release while it is being transcoded: playlists made
// from the segments that are there, and those segments by the names they keep.
func (s *Server) growing(c *gin.Context, r *models.Release, file string) error {
	ctx := c.Request.Context()
	var text []byte
	var err error
	switch {
	case file == "master.m3u8":
		text, err = s.liveMaster(ctx, r)
	case path.Base(file) == "index.m3u8":
		text, err = s.liveMedia(ctx, r, path.Dir(file))
	case r.State == models.StateFinal:
		return s.sendFile(c, r.Manifest, file)
	default:
		return s.sendSegment(c, r, file)
	}
	if errors.Is(err, errReplaced) {
		return s.sendFile(c, r.Manifest, file)
	}
	if err == nil {
		sendBytes(c, text, contentType(file))
	}
	return err
}

// errReplaced: other media have taken the place of those that grew.
var errReplaced = errors.New("the media were replaced")

func (s *Server) liveMaster(ctx context.Context, r *models.Release) ([]byte, error) {
	renditions, err := s.liveRenditions(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return masterText(renditions), nil
}

// liveMedia is an EVENT playlist of the contiguous segments from the start,
// closed once the release is final.
func (s *Server) liveMedia(ctx context.Context, r *models.Release, rendition string) ([]byte, error) {
	renditions, err := s.liveRenditions(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, known := range renditions {
		if known.ID != rendition {
			continue
		}
		segments, err := s.deps.Growing.Segments(ctx, r.ID, rendition)
		if err != nil {
			return nil, err
		}
		if len(segments) == 0 && r.State == models.StateFinal {
			return nil, errReplaced
		}
		return mediaText(contiguous(segments), r.State == models.StateFinal), nil
	}
	return nil, models.ErrNotFound
}

// contiguous cuts a rendition's segments at the first one that is missing: a
// later part may be done before an earlier one, and a player must not run ahead
// into a gap. The init segment comes first; without it nothing can be played.
func contiguous(segments []models.Segment) []models.Segment {
	for i, s := range segments {
		if s.Number != models.InitNumber+i {
			return segments[:i]
		}
	}
	return segments
}

// liveRenditions are those that keep ahead of a viewer.
func (s *Server) liveRenditions(ctx context.Context, id string) ([]models.Rendition, error) {
	all, err := s.deps.Releases.Renditions(ctx, id)
	if err != nil {
		return nil, err
	}
	live := make([]models.Rendition, 0, len(all))
	for _, r := range all {
		if r.Live {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return nil, models.ErrNotFound
	}
	return live, nil
}

func (s *Server) sendSegment(c *gin.Context, r *models.Release, file string) error {
	ctx := c.Request.Context()
	segment, err := s.deps.Growing.SegmentByPath(ctx, r.ID, file)
	if err != nil {
		return err
	}
	content, err := s.deps.Delivery.File(ctx, cid.Undef, segment.File.CID)
	if err != nil {
		return err
	}
	send(c, content, file)
	return nil
}
