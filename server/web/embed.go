package web

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"runnel/models"
)

// serveEmbeds mounts oEmbed (https://oembed.com), by which other sites ask how to
// show one of our pages.
func (s *Server) serveEmbeds(e *gin.Engine) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(method, "/oembed", s.oembed)
	}
}

// embedding is oEmbed's answer.
type embedding struct {
	Version     string `json:"version"`
	Type        string `json:"type"`
	Provider    string `json:"provider_name"`
	ProviderURL string `json:"provider_url"`
	Title       string `json:"title"`
	Author      string `json:"author_name"`
	AuthorURL   string `json:"author_url"`
	HTML        string `json:"html"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	CacheAge    int    `json:"cache_age"`
}

func (s *Server) oembed(c *gin.Context) {
	if f := c.Query("format"); f != "" && f != "json" {
		s.fail(c, NewProblem(http.StatusNotImplemented, "format", "oEmbed is given as JSON only."))
		return
	}
	id, at := s.watched(c.Query("url"))
	r, err := s.shared(c.Request.Context(), id)
	if err != nil {
		s.fail(c, hide(err))
		return
	}
	e := embedding{
		Version: "1.0", Type: "video", Provider: "Runnel", ProviderURL: s.public.String(), Title: r.Title, Author: r.ChannelName,
		AuthorURL: s.public.String() + "/c/" + r.ChannelID, CacheAge: 3600,
	}
	if r.Kind == models.KindTrack {
		e.Type = "rich"
	}
	e.Width, e.Height = embedSize(&r, limitOf(c.Query("maxwidth")), limitOf(c.Query("maxheight")))
	e.HTML = fmt.Sprintf(`<iframe src="%s" width="%d" height="%d" title="%s" style="border:0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`,
		html.EscapeString(s.embedURL(&r, at)), e.Width, e.Height, html.EscapeString(r.Title))
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	c.JSON(http.StatusOK, e)
}

// watched reads one of our addresses: the release that its page plays, and from
// which second on.
func (s *Server) watched(address string) (id string, at int) {
	u, err := url.Parse(address)
	if err != nil || len(address) > 2048 || !strings.EqualFold(u.Host, s.public.Host) || u.Scheme != "http" && u.Scheme != "https" {
		return "", 0
	}
	kind, id, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if !slices.Contains([]string{"watch", "listen", "embed"}, kind) {
		return "", 0
	}
	return id, secondsOf(u.Query().Get("t"))
}

func (s *Server) embedURL(r *models.Release, at int) string {
	address := s.public.String() + "/embed/" + r.ID
	if at > 0 {
		address += "?t=" + strconv.Itoa(at)
	}
	return address
}

const (
	embedWidth  = 640
	trackHeight = 120
)

// embedSize is the size of a player within limits, where 0 is none.
func embedSize(r *models.Release, maxWidth, maxHeight int) (width, height int) {
	shape := func(width int) int {
		switch {
		case r.Kind == models.KindTrack:
			return trackHeight
		case r.Width > 0 && r.Height > 0:
			return max(1, width*r.Height/r.Width)
		}
		return width * 9 / 16
	}
	width = embedWidth
	if maxWidth > 0 {
		width = min(width, maxWidth)
	}
	height = shape(width)
	if maxHeight > 0 && height > maxHeight {
		if r.Kind != models.KindTrack {
			width = max(1, width*maxHeight/height)
		}
		height = maxHeight
	}
	return width, height
}

func limitOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<16 {
		return 0
	}
	return n
}

// hide answers for what is taken down like for what is not there: another site
// asks, and shows nothing either way.
func hide(err error) error {
	var p *Problem
	if errors.As(err, &p) && p.Status == http.StatusUnavailableForLegalReasons {
		return models.ErrNotFound
	}
	return err
}

// embeddable reports whether a page may be answered as found. An embed page of
// what not everybody may watch is not; other pages say so themselves.
func (s *Server) embeddable(ctx context.Context, page string) bool {
	id, is := strings.CutPrefix(strings.Trim(page, "/"), "embed/")
	if !is {
		return true
	}
	_, err := s.shared(ctx, id)
	return err == nil || !errors.Is(hide(err), models.ErrNotFound)
}
