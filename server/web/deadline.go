package web

import (
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// stall is how long a connection may make no progress, in either direction.
const stall = 60 * time.Second

// deadlines gives every request its own time: a body has stall between two reads,
// an answer stall between two writes, and whoever keeps moving is not cut,
// however slowly. The server itself sets no time-out beyond the headers, which
// would cut long uploads and long segments alike. Uploads are left to tusd,
// which extends its deadlines the same way.
func deadlines(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		extendWrite(rc)
		if r.ContentLength != 0 && !strings.HasPrefix(r.URL.Path, uploadsPath) {
			r.Body = &movingBody{ReadCloser: r.Body, rc: rc}
		}
		next.ServeHTTP(w, r)
	})
}

// extendWrite is best effort: a recorder in a test has no connection.
func extendWrite(rc *http.ResponseController) {
	_ = rc.SetWriteDeadline(time.Now().Add(stall))
}

// movingBody extends the read deadline before each read and lifts it at the end
// of the body, because net/http keeps reading in the background to notice a
// client that leaves, and would take the deadline for one.
type movingBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

func (b *movingBody) Read(p []byte) (int, error) {
	_ = b.rc.SetReadDeadline(time.Now().Add(stall))
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (b *movingBody) Close() error {
	_ = b.rc.SetReadDeadline(time.Time{})
	return b.ReadCloser.Close()
}

// sliceSize bounds one write, so that stall per slice means at least 4 KiB/s.
const sliceSize = 256 << 10

// movingWriter extends the write deadline before each slice it writes.
type movingWriter struct {
	http.ResponseWriter
	rc     *http.ResponseController
	direct int64 // bytes that went out past ResponseWriter
}

func newMovingWriter(w http.ResponseWriter) *movingWriter {
	return &movingWriter{ResponseWriter: w, rc: http.NewResponseController(w)}
}

// WriteHeader keeps what is said of a file's caching from a refusal.
func (w *movingWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (w *movingWriter) Write(p []byte) (int, error) {
	total := 0
	for {
		slice := p[:min(len(p), sliceSize)]
		extendWrite(w.rc)
		n, err := w.ResponseWriter.Write(slice)
		total += n
		if p = p[len(slice):]; err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// ReadFrom implements io.ReaderFrom, which is what http.ServeContent sends
// through: a Sender sends itself, and a file goes out as it lies on disk.
func (w *movingWriter) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	switch from := limited.R.(type) {
	case Sender:
		n, err := from.SendTo(w, limited.N)
		limited.N -= n
		return n, err
	case *os.File:
		if to, ok := w.connection(); ok {
			return w.sendFile(to, from, limited)
		}
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// connection returns net/http's own writer, which gin's hides: its ReadFrom has
// the kernel send a file (sendfile(2)) where the connection can.
func (w *movingWriter) connection() (io.ReaderFrom, bool) {
	g, ok := w.ResponseWriter.(gin.ResponseWriter)
	if !ok {
		return nil, false
	}
	inner, ok := g.(interface{ Unwrap() http.ResponseWriter })
	if !ok {
		return nil, false
	}
	g.WriteHeaderNow()
	to, ok := inner.Unwrap().(io.ReaderFrom)
	return to, ok
}

// sendFile sends what limited has left, a slice at a time.
func (w *movingWriter) sendFile(to io.ReaderFrom, f *os.File, limited *io.LimitedReader) (total int64, err error) {
	for limited.N > 0 && err == nil {
		slice := &io.LimitedReader{R: f, N: min(limited.N, sliceSize)}
		extendWrite(w.rc)
		var n int64
		if n, err = to.ReadFrom(slice); n == 0 {
			break
		}
		total += n
		limited.N -= n
	}
	w.direct += total
	return total, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *movingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
