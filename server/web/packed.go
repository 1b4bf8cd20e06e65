package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// packer keeps the app's own texts compressed. They are few and never change
// while the process runs: the build has made a Brotli file beside each, and gzip
// is made once, when it is first asked for. Browsers take Brotli over https and
// from localhost only.
type packer struct {
	files fs.FS
	gzip  sync.Map // name → []byte
}

// choose returns what to send of a file: compressed where the client takes that
// and it is a text, and says so in h.
func (p *packer) choose(h http.Header, r *http.Request, name string, data []byte) []byte {
	switch path.Ext(name) {
	case ".js", ".css", ".svg":
	default:
		return data
	}
	h.Set("Vary", "Accept-Encoding")
	accept := r.Header.Get("Accept-Encoding")
	if takes(accept, "br") {
		if small, err := fs.ReadFile(p.files, name+".br"); err == nil {
			h.Set("Content-Encoding", "br")
			return small
		}
	}
	if !takes(accept, "gzip") {
		return data
	}
	h.Set("Content-Encoding", "gzip")
	if known, ok := p.gzip.Load(name); ok {
		return known.([]byte)
	}
	small := squeeze(data)
	p.gzip.Store(name, small)
	return small
}

// packet is what fits one packet: a page of less gains nothing by compression.
const packet = 1400

// packPage compresses a page where the client takes that. A page holds nothing
// that is its reader's secret, which the length of the answer could betray.
func packPage(h http.Header, r *http.Request, page []byte) []byte {
	h.Set("Vary", "Accept-Encoding")
	if len(page) <= packet || !takes(r.Header.Get("Accept-Encoding"), "gzip") {
		return page
	}
	h.Set("Content-Encoding", "gzip")
	return squeeze(page)
}

// takes reads Accept-Encoding (RFC 9110, section 12.5.3).
func takes(accept, wanted string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), wanted) {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		if !found {
			return true
		}
		n, err := strconv.ParseFloat(q, 64)
		return err == nil && n > 0
	}
	return false
}

func squeeze(data []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is one that there is
	_, _ = w.Write(data)                                    // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
