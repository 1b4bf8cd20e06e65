package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// mediaPolicy keeps a file that a browser is made to open as a document from
// doing anything (https://www.w3.org/TR/CSP3/#directive-sandbox).
const mediaPolicy = "sandbox; default-src 'none'"

// send answers with a file's bytes: ranges, HEAD and conditional requests. The
// whole of a file that lies in memory goes out in one piece.
func send(c *gin.Context, file *Content, path string) {
	if file.Closer != nil {
		defer func() { _ = file.Closer.Close() }()
	}
	c.Set(sourceKey, file.Source)
	h := c.Writer.Header()
	h.Set("Content-Type", contentType(path))
	h.Set("ETag", `"`+file.CID.String()+`"`)
	r := c.Request
	if many := strings.Contains(r.Header.Get("Range"), ","); many {
		r.Header.Del("Range") // no player asks for several; the answer is the whole file
	}
	w := newMovingWriter(c.Writer)
	if file.Bytes == nil || r.Method != http.MethodGet || conditional(r.Header) {
		http.ServeContent(w, r, "", time.Time{}, file)
		return
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.Itoa(len(file.Bytes)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file.Bytes) // the client is gone; the request log has the bytes
}

// conditional reports whether the answer may be anything but the whole file.
func conditional(h http.Header) bool {
	for _, k := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if h.Get(k) != "" {
			return true
		}
	}
	return false
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
