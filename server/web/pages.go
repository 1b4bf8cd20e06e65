package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"runnel/models"
)

// pagePolicy is what our own pages may load and do: scripts and connections
// only from here; blob: for the player's media and workers.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "

// apiPolicy is for everything that is no page: nothing may run or frame it.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// pages serves the web app: index.html for every path that is a page, and the
// files beside it by name.
type pages struct {
	files  fs.FS
	before []byte // index.html up to its first script
	after  []byte // and from there
	watch  parts
	packed packer
}

func newPages(files fs.FS) (*pages, error) {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, err
	}
	watch, err := watchParts(files)
	if err != nil {
		return nil, err
	}
	at := headOf(index)
	return &pages{files: files, before: index[:at:at], after: index[at:], watch: watch, packed: packer{files: files}}, nil
}

// headOf returns where to put something into a page's head: before its first
// script, so that what is asked for first takes the connection that is open.
func headOf(index []byte) int {
	for _, mark := range []string{"<script", "</head>"} {
		if at := bytes.Index(index, []byte(mark)); at >= 0 {
			return at
		}
	}
	return 0
}

// isFile reports whether a path names one of the app's files, not a page. Tags
// and handles may have dots.
func isFile(name string) bool {
	if strings.HasPrefix(name, "tag/") || strings.HasPrefix(name, "c/") {
		return false
	}
	return strings.Contains(name, ".") || strings.HasPrefix(name, "assets/")
}

// serve answers with a file of the app, or with the one page, as found or not;
// opening gives what that page has in its head, for this path.
func (p *pages) serve(w http.ResponseWriter, r *http.Request, found bool, opening func(path string) []byte) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return NewProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This page can only be read.")
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if isFile(name) {
		return p.file(w, r, name)
	}
	page := slices.Concat(p.before, opening(name), p.after)
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy+ancestors(name))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if !found {
		w.WriteHeader(http.StatusNotFound)
		_, err := w.Write(page) // net/http leaves the body out for HEAD
		return err
	}
	page = packPage(h, r, page)
	h.Set("ETag", tagOf(page))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
	return nil
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// ancestors lets other sites frame the embed page and nothing else.
func ancestors(name string) string {
	if strings.HasPrefix(name, "embed/") {
		return "*"
	}
	return "'none'"
}

// file sends one of the app's own files. Names under assets/ carry the hash of
// their content, so they never change.
func (p *pages) file(w http.ResponseWriter, r *http.Request, name string) error {
	if !fs.ValidPath(name) || name == "index.html" {
		return errNotFound()
	}
	data, err := fs.ReadFile(p.files, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return errNotFound()
	}
	if err != nil { // a folder, most likely
		return models.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy+"'none'")
	h.Set("Content-Type", fileType(name))
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		data = p.packed.choose(h, r, name, data)
	}
	h.Set("ETag", tagOf(data))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// fileType does not ask the machine's MIME tables, which differ between systems.
func fileType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".html":
		return "text/html; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
