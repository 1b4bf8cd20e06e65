package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// serveRoots mounts /ipfs: the files of releases that this node may serve to
// everyone, for players on any site. It is no gateway: it serves neither folders
// nor blocks nor anything that a manifest does not name, and nothing that a
// browser would run.
func (s *Server) serveRoots(e *gin.Engine) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(method, "/ipfs/:cid", forPlayers, s.root)
		e.Handle(method, "/ipfs/:cid/*path", forPlayers, s.file)
	}
	e.OPTIONS("/ipfs/:cid/*path", forPlayers, func(c *gin.Context) { c.Status(http.StatusNoContent) })
}

// forPlayers lets players on other sites read the answer.
func forPlayers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, Accept-Ranges, ETag, Retry-After")
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "Range, If-None-Match, If-Range")
		h.Set("Access-Control-Max-Age", "86400")
	}
}

// parseRoot accepts a manifest CID in its one canonical spelling: CIDv1,
// dag-pb, sha2-256, base32 in lower case. Another spelling of the same CID would
// be another cache key; an identity CID would carry its own bytes.
func parseRoot(text string) (cid.Cid, error) {
	if len(text) > 128 {
		return cid.Undef, models.ErrNotFound
	}
	c, err := cid.Decode(text)
	if err != nil {
		return cid.Undef, models.ErrNotFound
	}
	p := c.Prefix()
	if p.Version != 1 || p.Codec != cid.DagProtobuf || p.MhType != multihash.SHA2_256 || p.MhLength != 32 || c.String() != text {
		return cid.Undef, models.ErrNotFound
	}
	return c, nil
}

// servable returns the root of the request if the catalogue lets it out.
func (s *Server) servable(c *gin.Context) (cid.Cid, error) {
	if c.Request.URL.Query().Has("filename") { // a gateway would take the type from it
		return cid.Undef, models.ErrNotFound
	}
	root, err := parseRoot(c.Param("cid"))
	if err != nil {
		return cid.Undef, err
	}
	ctx := c.Request.Context()
	ok, known, err := s.deps.Roots.RootServable(ctx, root)
	if err == nil && !known {
		err = models.ErrNotFound
	}
	if err != nil || ok {
		return root, err
	}
	standing, reason, err := s.deps.Roots.RootStanding(ctx, root)
	switch {
	case err != nil:
	case standing == models.StandingTakenDown:
		err = errTakenDown(reason)
	default:
		err = models.ErrNotFound
	}
	return cid.Undef, err
}

// file sends a file of the tree.
func (s *Server) file(c *gin.Context) {
	if c.Request.URL.Query().Has("format") { // only the root's own block goes out raw
		if p := c.Param("path"); p == "/" {
			s.root(c)
			return
		}
		s.fail(c, models.ErrNotFound)
		return
	}
	root, err := s.servable(c)
	path, ok := cleanPath(c.Param("path"))
	if err == nil && !ok {
		err = models.ErrNotFound
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	content, err := s.deps.Delivery.Open(c.Request.Context(), root, path)
	if err != nil {
		s.fail(c, err)
		return
	}
	immutable(c)
	send(c, content, path)
}

// root sends the root's own block to whoever asks for it as such, so that a
// player can check the chain from the CID down to each segment, or an archive of
// the whole release.
func (s *Server) root(c *gin.Context) {
	if c.Query("format") == "car" {
		s.archive(c)
		return
	}
	if c.Query("format") != "raw" {
		s.fail(c, models.ErrNotFound)
		return
	}
	root, err := s.servable(c)
	var block []byte
	if err == nil {
		block, err = s.deps.Delivery.Raw(c.Request.Context(), root)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	immutable(c)
	h := c.Writer.Header()
	h.Set("ETag", `"`+root.String()+`.raw"`)
	h.Set("Content-Disposition", `attachment; filename="`+root.String()+`.bin"`)
	sendBytes(c, block, "application/vnd.ipld.raw")
}

func immutable(c *gin.Context) {
	c.Writer.Header().Set("Cache-Control", "public, max-age=29030400, immutable")
}
