package web

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"runnel/models"
)

const (
	apiPath     = "/api/v1"
	uploadsPath = apiPath + "/uploads"
	mediaPath   = apiPath + "/media/"
	ipfsPath    = "/ipfs/"
)

func (s *Server) routes() error {
	gin.SetMode(gin.ReleaseMode) // else gin prints every route on standard output
	e := gin.New()
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false
	e.HandleMethodNotAllowed, e.ContextWithFallback = true, true
	if err := e.SetTrustedProxies(s.cfg.TrustedProxies); err != nil {
		return err
	}
	s.engine = e
	e.Use(s.accessLog, s.rescue, s.headers)
	e.NoRoute(s.serveRest)
	e.NoMethod(func(c *gin.Context) {
		s.fail(c, NewProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This method does not work here."))
	})
	for _, m := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(m, "/healthz", gin.WrapF(serveHealth))
		e.Handle(m, "/readyz", gin.WrapF(s.serveReady(false)))
	}
	s.serveRoots(e)
	api := e.Group(apiPath, s.identify, s.readableQuery)
	s.serveMedia(e)
	s.serveLive(api)
	s.serveStreams(api)
	s.serveAudio(api)
	s.serveFeeds(e)
	s.serveEmbeds(e)
	s.serveUploads(e, api)
	s.serveStudio(api)
	s.serveAPI(api)
	return nil
}

// headers are on every answer, whatever it is; routes overwrite the policy.
func (s *Server) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", apiPolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if strings.HasPrefix(c.Request.URL.Path, apiPath) {
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
	}
	if strings.HasPrefix(c.Request.URL.Path, uploadsPath) {
		h.Set("Tus-Resumable", "1.0.0")
		h.Set("Tus-Max-Size", strconv.FormatInt(s.cfg.MaxSize, 10))
	}
	c.Next()
}

// readableQuery refuses a query that net/url would read only in part.
func (s *Server) readableQuery(c *gin.Context) {
	if _, err := url.ParseQuery(c.Request.URL.RawQuery); err != nil {
		s.fail(c, errInvalid("bad_query", "The query cannot be read."))
	}
}

// serveRest answers what no route matched: our pages, or 404 as JSON below the
// paths that are not pages.
func (s *Server) serveRest(c *gin.Context) {
	p := c.Request.URL.Path
	for _, prefix := range []string{"/api", "/ipfs", "/ipns", "/metrics"} {
		if p == prefix || strings.HasPrefix(p, prefix+"/") {
			s.fail(c, models.ErrNotFound)
			return
		}
	}
	if strings.HasPrefix(p, "/setup") { // the one-time link stands in the address
		c.Writer.Header().Set("Referrer-Policy", "no-referrer")
	}
	if s.elsewhere(c.Request) {
		c.Redirect(http.StatusTemporaryRedirect, s.public.String()+c.Request.URL.RequestURI())
		return
	}
	ctx := c.Request.Context()
	opening := func(page string) []byte { return append(s.opening(ctx, page), s.sharing(ctx, page)...) }
	if err := s.pages.serve(c.Writer, c.Request, s.embeddable(ctx, p), opening); err != nil {
		s.fail(c, err)
	}
}

// elsewhere reports whether a browser on this machine opened a page by a name of
// loopback that is not the public one: 127.0.0.1 and localhost are two origins,
// and the page's addresses, cookies and policy belong to one.
func (s *Server) elsewhere(r *http.Request) bool {
	host, port, err := net.SplitHostPort(r.Host)
	return err == nil && s.public.Hostname() == "localhost" && port == s.public.Port() && isLoopback(host) && r.Method == http.MethodGet
}
