package spool

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// reply rewrites what tusd answers: errors become problem documents, Location
// becomes a path (a proxy's scheme and host are not ours to guess), and the
// extensions that tusd does not know are announced.
type reply struct {
	http.ResponseWriter
	head    bool
	pending int // status of a text error whose body is still to come
}

// Unwrap lets http.ResponseController reach the connection's deadlines.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *reply) WriteHeader(status int) {
	h := w.Header()
	if ext := h.Get("Tus-Extension"); ext != "" {
		h.Set("Tus-Extension", ext+",expiration,checksum")
		h.Set("Tus-Checksum-Algorithm", checksumAlgorithms)
	}
	if u, err := url.Parse(h.Get("Location")); err == nil && u.Path != "" {
		h.Set("Location", u.Path)
	}
	if parts := h.Get("Upload-Concat"); parts != "" {
		h.Set("Upload-Concat", pathsOnly(parts))
	}
	if status == http.StatusPreconditionFailed {
		h.Set("Tus-Version", "1.0.0")
	}
	if status < 400 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	h.Del("Upload-Expires")
	w.pending = status
}

// Write implements http.ResponseWriter. tusd writes an error's text at once.
func (w *reply) Write(b []byte) (int, error) {
	if w.pending == 0 {
		return w.ResponseWriter.Write(b)
	}
	code, text, found := strings.Cut(strings.TrimSpace(string(b)), ": ")
	if !found {
		code, text = "", string(b)
	}
	status := w.pending
	w.pending = 0
	w.problem(status, strings.ToLower(strings.TrimPrefix(code, "ERR_")), sentence(text))
	return len(b), nil
}

// flush sends an error that had no text.
func (w *reply) flush() {
	if w.pending == 0 {
		return
	}
	status := w.pending
	w.pending = 0
	if w.head {
		w.Header().Del("Content-Length")
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.problem(status, "", http.StatusText(status))
}

// problem writes an RFC 9457 document.
func (w *reply) problem(status int, code, text string) {
	title := http.StatusText(status)
	if title == "" {
		title = "Upload refused"
	}
	if code == "" {
		code = strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	body, _ := json.Marshal(struct { // strings and a number always encode
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}{"about:blank", title, status, text, code})
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	w.ResponseWriter.WriteHeader(status)
	if !w.head {
		_, _ = w.ResponseWriter.Write(body)
	}
}

// sentence makes tusd's short texts read like ours.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
