package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"runnel/models"
)

// serveLive mounts the stable address of a release that is being transcoded.
func (s *Server) serveLive(api *gin.RouterGroup) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		api.Handle(method, "/releases/:id/live/master.m3u8", s.live)
	}
}

// live sends a player on to where it has the right to play: the growing
// playlists, or the final tree once their time is over.
func (s *Server) live(c *gin.Context) {
	ctx := c.Request.Context()
	r, err := s.seen(ctx, c.Param("id"))
	if err == nil {
		err = callerOf(ctx).mayWatch(&r)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	target := ""
	switch {
	case r.State == models.StateTranscoding && r.Playable > 0, s.inGrace(&r):
		target = s.mediaURL(callerOf(ctx), &r, rightLive, s.cfg.Now()) + "master.m3u8"
	case r.State == models.StateFinal:
		target, _ = s.playURLs(callerOf(ctx), &r, s.cfg.Now())
	default:
		s.fail(c, NewProblem(http.StatusNotFound, "not_playable", "Nothing of this release can be played yet."))
		return
	}
	c.Writer.Header().Set("Referrer-Policy", "no-referrer")
	c.Redirect(http.StatusTemporaryRedirect, s.local(target))
}

// local drops scheme and host of one of our addresses, so that a redirect works
// by whatever name the client reached the node.
func (s *Server) local(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, s.public.String()+"/") {
		return address
	}
	return u.RequestURI()
}
