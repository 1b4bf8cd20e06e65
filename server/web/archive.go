package web

import (
	"bufio"
	"net/http"

	"github.com/gin-gonic/gin"
)

// archiveBuffer gathers small blocks into one write to the connection.
const archiveBuffer = 64 << 10

// archive sends all of a release as one file, which whoever gets it can check
// against the CID alone: a trustless response in the words of the IPFS gateways
// (https://specs.ipfs.tech/http-gateways/trustless-gateway/). A browser keeps it
// as a file; what is in it never runs here.
func (s *Server) archive(c *gin.Context) {
	root, err := s.servable(c)
	if err == nil {
		_, err = s.deps.Delivery.Raw(c.Request.Context(), root) // before a status is promised
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		s.fail(c, errTooMany(30, "This node is sending as many archives as it can."))
		return
	}
	immutable(c)
	h := c.Writer.Header()
	h.Set("Content-Type", "application/vnd.ipld.car; version=1; order=dfs; dups=n")
	h.Set("Content-Disposition", `attachment; filename="`+root.String()+`.car"`)
	tag := `"` + root.String() + `.car"`
	h.Set("ETag", tag)
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return
	}
	w := newMovingWriter(c.Writer)
	w.WriteHeader(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		return
	}
	out := bufio.NewWriterSize(w, archiveBuffer)
	if err = s.deps.Archives.CAR(c.Request.Context(), root, out); err == nil {
		err = out.Flush()
	}
	if err != nil {
		if c.Request.Context().Err() == nil {
			s.log.WarnContext(c.Request.Context(), "archive cut off", "root", root.String(), "err", err)
		}
		panic(http.ErrAbortHandler) // a clean end would pass for the whole
	}
}
