package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/transcode/hls"
)

// Sizes tells a file's bytes without reading it.
type Sizes interface {
	Size(ctx context.Context, root cid.Cid, path string) (int64, error)
}

// audioFile is the name under which a release's sound goes out as one file.
const audioFile = "audio.m4a"

// serveAudio mounts the sound of a release as one file, for programs that know
// no HLS: podcast players above all.
func (s *Server) serveAudio(api *gin.RouterGroup) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		api.Handle(method, "/releases/:id/"+audioFile, s.audio)
	}
}

func (s *Server) audio(c *gin.Context) {
	content, r, err := s.openAudio(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Content-Disposition", `inline; filename="`+r.ID+`.m4a"`)
	h.Set("Cache-Control", "private, no-store")
	if r.Servable() {
		h.Set("Cache-Control", "public, max-age=300") // the release may get another revision, or be taken down
	}
	send(c, content, "a/audio.mp4")
}

// openAudio joins the files of the release's main sound, init segment first:
// fragmented MP4 is made for that (ISO/IEC 14496-12 §8.8). It holds one segment
// at a time.
func (s *Server) openAudio(ctx context.Context, id string) (*Content, models.Release, error) {
	r, err := s.seen(ctx, id)
	if err == nil {
		err = callerOf(ctx).mayWatch(&r)
	}
	if err != nil {
		return nil, r, err
	}
	if r.State != models.StateFinal {
		return nil, r, NewProblem(http.StatusNotFound, "not_playable", "The sound can be had as one file once the release is final.")
	}
	renditions, err := s.deps.Releases.Renditions(ctx, r.ID)
	if err != nil {
		return nil, r, err
	}
	sound, ok := mainSound(renditions)
	if !ok {
		return nil, r, NewProblem(http.StatusNotFound, "no_sound", "This release has no sound that goes into one file.")
	}
	files := []string{hls.InitPath(sound.ID)}
	for n := range sound.Segments {
		files = append(files, hls.SegmentPath(sound.ID, n))
	}
	body, err := s.join(ctx, r.Manifest, files)
	if err != nil {
		return nil, r, err
	}
	return &Content{Body: body, Closer: body, Size: body.size, CID: r.Manifest, Tag: r.Manifest.String() + "." + strings.ReplaceAll(sound.ID, "/", "-")}, r, nil
}

// mainSound returns the best AAC in stereo or mono of the first language.
func mainSound(renditions []models.Rendition) (best models.Rendition, found bool) {
	for _, r := range renditions {
		switch {
		case r.Media != models.MediaAudio || r.Channels > 2 || !strings.HasPrefix(r.Codec, "mp4a."):
		case !found, r.Language == best.Language && r.Name == best.Name && r.AverageBandwidth > best.AverageBandwidth:
			best, found = r, true
		}
	}
	return best, found
}

// joined reads files of a release one after another as if they were one. It
// keeps the request's context, because the reading interfaces leave no room for
// one.
type joined struct {
	ctx   context.Context
	open  func(ctx context.Context, path string) (*Content, error)
	files []string
	ends  []int64 // where each file ends in the whole
	size  int64
	pos   int64
	at    int // the file that is open
	now   *Content
}

func (s *Server) join(ctx context.Context, root cid.Cid, files []string) (*joined, error) {
	j := &joined{ctx: ctx, files: files, open: func(ctx context.Context, path string) (*Content, error) {
		return s.deps.Delivery.Open(ctx, root, path)
	}}
	for _, file := range files {
		size, err := s.deps.Sizes.Size(ctx, root, file)
		if err != nil {
			return nil, err
		}
		j.size += size
		j.ends = append(j.ends, j.size)
	}
	return j, nil
}

// Seek implements io.Seeker.
func (j *joined) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += j.pos
	case io.SeekEnd:
		offset += j.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("web: %w: seek before the beginning", models.ErrInvalid)
	}
	j.pos = offset
	return offset, nil
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	if j.pos >= j.size {
		return 0, io.EOF
	}
	at := sort.Search(len(j.ends), func(i int) bool { return j.ends[i] > j.pos })
	start := int64(0)
	if at > 0 {
		start = j.ends[at-1]
	}
	if err := j.turnTo(at); err != nil {
		return 0, err
	}
	if _, err := j.now.Body.Seek(j.pos-start, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := j.now.Body.Read(p[:min(int64(len(p)), j.ends[at]-j.pos)])
	j.pos += int64(n)
	if n == 0 && errors.Is(err, io.EOF) { // shorter than its size: the whole would be out of step
		return 0, io.ErrUnexpectedEOF
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func (j *joined) turnTo(at int) (err error) {
	if j.now != nil && j.at == at {
		return nil
	}
	_ = j.Close() // it was only read
	j.at = at
	j.now, err = j.open(j.ctx, j.files[at])
	return err
}

// Close gives back what is open.
func (j *joined) Close() error {
	now := j.now
	j.now = nil
	if now == nil || now.Closer == nil {
		return nil
	}
	return now.Closer.Close()
}
