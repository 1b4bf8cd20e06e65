package web

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// mediaPolicy keeps a file that a browser is made to open as a document from
// doing anything (https://www.w3.org/TR/CSP3/#directive-sandbox).
const mediaPolicy = "sandbox; default-src 'none'"

// send answers with a file's bytes: ranges, HEAD and conditional requests. What
// was sent is left for the request log.
func send(c *gin.Context, file *Content, path string) {
	if file.Closer != nil {
		defer func() { _ = file.Closer.Close() }()
	}
	h := c.Writer.Header()
	h.Set("Content-Type", contentType(path))
	h.Set("ETag", `"`+file.tag()+`"`)
	r := c.Request
	if many := strings.Contains(r.Header.Get("Range"), ","); many {
		r.Header.Del("Range") // no player asks for several; the answer is the whole file
	}
	w := newMovingWriter(c.Writer)
	http.ServeContent(w, r, "", time.Time{}, file.Body)
	c.Set(sentKey, sent{file.Source, w.direct})
}

// sendBytes answers with bytes that need no finding.
func sendBytes(c *gin.Context, data []byte, mediaType string) {
	c.Writer.Header().Set("Content-Type", mediaType)
	http.ServeContent(newMovingWriter(c.Writer), c.Request, "", time.Time{}, bytes.NewReader(data))
}

// cleanPath checks a path inside a release: relative, no empty, "." or ".."
// element, printable ASCII. The tree decides whether it exists.
func cleanPath(p string) (string, bool) {
	p = strings.TrimPrefix(p, "/")
	if p == "" || len(p) > 512 {
		return "", false
	}
	for i := range len(p) {
		if p[i] <= ' ' || p[i] > '~' || p[i] == '\\' {
			return "", false
		}
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." {
			return "", false
		}
	}
	return p, true
}
