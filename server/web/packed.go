package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// packer keeps the app's own texts compressed. They are few and never change
// while the process runs, so each is compressed once, when it is first asked for.
type packer struct{ files sync.Map } // name → []byte

// choose returns what to send of a file: compressed where the client takes that
// and it is a text, and says so in h.
func (p *packer) choose(h http.Header, r *http.Request, name string, data []byte) []byte {
	switch path.Ext(name) {
	case ".js", ".css", ".svg":
	default:
		return data
	}
	h.Set("Vary", "Accept-Encoding")
	if !takesGzip(r.Header.Get("Accept-Encoding")) {
		return data
	}
	h.Set("Content-Encoding", "gzip")
	if known, ok := p.files.Load(name); ok {
		return known.([]byte)
	}
	small := squeeze(data)
	p.files.Store(name, small)
	return small
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
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
