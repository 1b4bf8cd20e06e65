package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"runnel/models"
	"runnel/models/catalog"
)

// Limits on what is sent to stand beside a release's media, in bytes.
const (
	maxPicture  = 20 << 20
	maxCaptions = 4 << 20
)

// serveStudio mounts what is not JSON: pictures and captions that are sent, and
// the original.
func (s *Server) serveStudio(api *gin.RouterGroup) {
	api.PUT("/releases/:id/cover", s.besides(maxPicture, s.putCover))
	api.POST("/releases/:id/captions", s.besides(maxCaptions, s.postCaptions))
	for _, m := range []string{http.MethodGet, http.MethodHead} {
		api.Handle(m, "/releases/:id/source", s.source)
	}
}

func (s *Server) registerStudio() {
	at := "/releases/{id}"
	register(s, op("list-revisions", http.MethodGet, at+"/revisions", "What a release is and was", http.StatusOK), s.listRevisions)
	register(s, op("delete-revision", http.MethodDelete, at+"/revisions/{rev}", "Forget what a release was", http.StatusNoContent), s.deleteRevision)
	register(s, op("delete-cover", http.MethodDelete, at+"/cover", "Take a release's own cover away", http.StatusOK), s.deleteCover)
	register(s, op("list-captions", http.MethodGet, at+"/captions", "The captions of a release", http.StatusOK), s.listCaptions)
	register(s, op("delete-captions", http.MethodDelete, at+"/captions/{captions}", "Take captions away", http.StatusOK), s.deleteCaptions)
}

// besides reads a body of a bounded size for a release that the caller may change.
func (s *Server) besides(most int64, do func(context.Context, *gin.Context, models.Release) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		r, err := s.changeable(ctx, c.Param("id"))
		if err == nil && c.Request.ContentLength > most {
			err = NewProblem(http.StatusRequestEntityTooLarge, "too_large", "This file is larger than this server takes here.")
		}
		if err == nil {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
			err = do(ctx, c, r)
		}
		if err != nil {
			s.fail(c, bodyError(err))
			return
		}
		answer, err := s.again(ctx, r.ID)
		if err != nil {
			s.fail(c, err)
			return
		}
		c.JSON(http.StatusOK, answer.Body)
	}
}

func (s *Server) putCover(ctx context.Context, c *gin.Context, r models.Release) error {
	return s.deps.Beside.SetCover(ctx, r.ID, c.Request.Body)
}

func (s *Server) postCaptions(ctx context.Context, c *gin.Context, r models.Release) error {
	text, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return err
	}
	return s.deps.Beside.AddCaptions(ctx, r.ID, text, Captions{
		Language: c.Query("language"), Label: c.Query("label"), Hearing: c.Query("hearing") == "true",
	})
}

type revisionPath struct {
	ID  string `path:"id"`
	Rev int    `path:"rev" minimum:"1"`
}

type captionsPath struct {
	ID       string `path:"id"`
	Captions string `path:"captions" maxLength:"60" pattern:"^[0-9]+-[A-Za-z0-9-]+$"`
}

// RevisionView is what a release is, or was, under one manifest.
type RevisionView struct {
	Rev             int        `json:"rev"`
	Manifest        string     `json:"manifest"`
	Latest          bool       `json:"latest"`
	Bytes           int64      `json:"bytes" doc:"That no later revision holds; of all files for the latest."`
	DurationSeconds float64    `json:"durationSeconds"`
	PublishedAt     time.Time  `json:"publishedAt"`
	EndedAt         *time.Time `json:"endedAt" doc:"When the next one took its place; null for the latest."`
	MasterURL       string     `json:"masterUrl"`
	PosterURL       string     `json:"posterUrl"`
}

type revisionList struct {
	Body struct {
		Items []RevisionView `json:"items" doc:"The latest first."`
	}
}

// listRevisions tells whoever may watch the release what it was, and where to
// play that.
func (s *Server) listRevisions(ctx context.Context, in *releasePath) (*revisionList, error) {
	r, err := s.seen(ctx, in.ID)
	if err == nil {
		err = callerOf(ctx).mayWatch(&r)
	}
	if err != nil {
		return nil, err
	}
	all, err := s.deps.Studio.Revisions(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	out := &revisionList{}
	out.Body.Items = []RevisionView{}
	for _, old := range all {
		out.Body.Items = append(out.Body.Items, s.revisionView(callerOf(ctx), r, old))
	}
	return out, nil
}

func (s *Server) revisionView(c Caller, r models.Release, old models.Revision) RevisionView {
	v := RevisionView{Rev: old.Rev, Manifest: old.Root.String(), Latest: old.Rev == r.Rev, Bytes: old.Bytes,
		DurationSeconds: seconds(old.Duration), PublishedAt: old.PublishedAt.UTC()}
	if !old.EndedAt.IsZero() {
		t := old.EndedAt.UTC()
		v.EndedAt = &t
	}
	r.Rev, r.Manifest, r.Poster = old.Rev, old.Root, old.Poster // as it was
	v.MasterURL, v.PosterURL = s.playURLs(c, &r, s.cfg.Now())
	return v
}

func (s *Server) deleteRevision(ctx context.Context, in *revisionPath) (*struct{}, error) {
	r, err := s.changeable(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.deps.Studio.DeleteRevision(ctx, r.ID, in.Rev)
}

func (s *Server) deleteCover(ctx context.Context, in *releasePath) (*releaseAnswer, error) {
	return s.steer(ctx, in.ID, s.deps.Beside.DropCover)
}

func (s *Server) deleteCaptions(ctx context.Context, in *captionsPath) (*releaseAnswer, error) {
	return s.steer(ctx, in.ID, func(ctx context.Context, id string) error {
		return s.deps.Beside.DropCaptions(ctx, id, in.Captions)
	})
}

type captionsList struct {
	Body struct {
		Items []Captions `json:"items"`
	}
}

func (s *Server) listCaptions(ctx context.Context, in *releasePath) (*captionsList, error) {
	r, err := s.seen(ctx, in.ID)
	if err == nil {
		err = callerOf(ctx).mayWatch(&r)
	}
	if err != nil {
		return nil, err
	}
	out := &captionsList{}
	out.Body.Items = []Captions{}
	if r.State != models.StateFinal {
		return out, nil
	}
	all, err := s.deps.Beside.Captions(ctx, r.ID)
	out.Body.Items = append(out.Body.Items, all...)
	return out, err
}

// addReplacements tells an owner what is on its way to each of her releases.
func (s *Server) addReplacements(ctx context.Context, views []*Release) error {
	c := callerOf(ctx)
	mine := false
	for _, v := range views {
		mine = mine || v.Mine
	}
	if !mine {
		return nil
	}
	coming, err := s.deps.Studio.Replacements(ctx, c.Account.ID)
	if err != nil {
		return err
	}
	for _, v := range views {
		if r, ok := coming[v.ID]; ok && v.Mine {
			next := s.view(c, &r, s.cfg.Now())
			v.Replacement = &next
		}
	}
	return nil
}

// schedule reads when a release is to be published.
func (in *editRequest) schedule() (*catalog.Schedule, error) {
	b := &in.Body
	if b.PublishAt == nil {
		return nil, nil
	}
	if *b.PublishAt == "" {
		return &catalog.Schedule{}, nil
	}
	at, err := time.Parse(time.RFC3339, *b.PublishAt)
	if err != nil || at.Year() < 2000 || at.Year() > 9999 {
		return nil, errInvalid("bad_time", "The time must be as RFC 3339 writes it, such as 2027-03-01T12:00:00Z.")
	}
	as := models.Public
	if b.Visibility != nil {
		as = models.Visibility(*b.Visibility)
	}
	return &catalog.Schedule{At: at, As: as}, nil
}
