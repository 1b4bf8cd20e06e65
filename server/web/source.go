package web

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"runnel/ingest/spool"
	"runnel/models"
)

// source sends the file that a release was made of to its owner, as a download
// that no browser shows: it is a stranger's bytes on the pages' own origin.
func (s *Server) source(c *gin.Context) {
	ctx := c.Request.Context()
	original, r, err := s.original(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	defer func() { _ = original.Body.Close() }()
	h := c.Writer.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Disposition", attachment(originalName(original.Name, r.Title)))
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+r.ID+"-"+original.Changed.UTC().Format("20060102150405.000000000")+`"`)
	if strings.Contains(c.Request.Header.Get("Range"), ",") {
		c.Request.Header.Del("Range")
	}
	http.ServeContent(newMovingWriter(c.Writer), c.Request, "", original.Changed, original.Body)
}

// original opens the upload of a release of the caller's own.
func (s *Server) original(ctx context.Context, id string) (*Original, models.Release, error) {
	r, err := s.seen(ctx, id)
	switch {
	case err != nil:
		return nil, r, err
	case !callerOf(ctx).signedIn():
		return nil, r, errSignIn()
	case !callerOf(ctx).owns(&r) || !callerOf(ctx).is(models.RoleCreator):
		return nil, r, errForbidden("not_yours", "Only its creator may have the original.")
	}
	original, err := s.deps.Beside.Original(ctx, r.ID)
	return original, r, err
}

// originalName is what a download is called: as its sender called it, else by the
// release's title.
func originalName(name, title string) string {
	name = spool.CleanText(path.Base(strings.ReplaceAll(name, `\`, "/")), 200)
	if name == "" || name == "." || name == "/" || strings.HasPrefix(name, ".") {
		name = strings.TrimLeft(strings.ReplaceAll(spool.CleanText(title, 150), "/", "-"), ".") + ".original"
	}
	return name
}

// attachment is a Content-Disposition (RFC 6266) of any name. The escape that
// mime makes is the only one that all browsers read.
func attachment(name string) string {
	v := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if v == "" {
		return "attachment"
	}
	return v
}

// bodyError reads the errors of a request's body.
func bodyError(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return NewProblem(http.StatusRequestEntityTooLarge, "too_large", "This file is larger than this server takes here.")
	}
	return err
}
