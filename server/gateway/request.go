package gateway

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	boxo "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/path"
)

const (
	maxPath   = 8 << 10 // bytes of a decoded path
	maxRanges = 16
)

// wellFormed refuses paths that no tree of ours can hold.
func wellFormed(r *http.Request) bool {
	return len(r.URL.Path) <= maxPath && !strings.ContainsFunc(r.URL.Path, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// isArchive reports whether the answer may be a whole DAG in one stream.
func isArchive(r *http.Request) bool {
	format := r.URL.Query().Get("format")
	return format == "car" || format == "tar" || accepts(r, "application/vnd.ipld.car") || accepts(r, "application/x-tar")
}

func accepts(r *http.Request, mediaType string) bool {
	for _, value := range r.Header.Values("Accept") {
		if strings.Contains(value, mediaType) {
			return true
		}
	}
	return false
}

// tidyRange drops a Range that is malformed, inverted, longer than any player
// needs or not with GET, as RFC 9110 §14.2 has it, and brings positions that
// overflow into range, so that the library meets only ranges that it can answer.
func tidyRange(r *http.Request) {
	h := r.Header
	value := h.Get("Range")
	if value == "" {
		return
	}
	if r.Method != http.MethodGet {
		h.Del("Range")
		return
	}
	list, ok := strings.CutPrefix(value, "bytes=")
	if !ok || strings.Count(list, ",") >= maxRanges {
		h.Del("Range")
		return
	}
	var kept []string
	for spec := range strings.SplitSeq(list, ",") {
		spec, ok := tidySpec(strings.TrimSpace(spec))
		if !ok {
			h.Del("Range")
			return
		}
		kept = append(kept, spec)
	}
	h.Set("Range", "bytes="+strings.Join(kept, ","))
}

func tidySpec(spec string) (string, bool) {
	first, last, ok := strings.Cut(spec, "-")
	from, okFrom := position(first)
	to, okTo := position(last)
	switch {
	case !ok || !okFrom && first != "" || !okTo && last != "" || first == "" && last == "":
		return "", false
	case first == "":
		return "-" + strconv.FormatInt(to, 10), true
	case last == "" || to == math.MaxInt64:
		return strconv.FormatInt(from, 10) + "-", true
	}
	return strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(to, 10), from <= to
}

// position reads digits; what does not fit is the greatest position.
func position(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}

// onlyContent answers nothing but content, once the host name is part of the
// path. What is read by path shares its origin with all other content, so a
// browser gets it sandboxed (https://www.w3.org/TR/CSP3/#directive-sandbox).
func onlyContent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/ipfs/") && !strings.HasPrefix(r.URL.Path, "/ipns/") {
			http.NotFound(w, r)
			return
		}
		_, subdomain := r.Context().Value(boxo.SubdomainHostnameKey).(string)
		_, linked := r.Context().Value(boxo.DNSLinkHostnameKey).(string)
		if !subdomain && !linked {
			w.Header().Set("Content-Security-Policy", "sandbox")
		}
		next.ServeHTTP(w, r)
	})
}

// conditional keeps If-None-Match from answering 304 for a CAR of what is not
// there: the library compares tags before it looks.
func (g *Gateway) conditional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" && isArchive(r) && !g.resolves(r) {
			r.Header.Del("If-None-Match")
		}
		next.ServeHTTP(w, r)
	})
}

func (g *Gateway) resolves(r *http.Request) bool {
	p, err := path.NewPath(r.URL.Path)
	if err != nil {
		return false
	}
	fixed, _, _, err := g.backend.ResolveMutable(r.Context(), p)
	if err == nil {
		_, err = g.backend.ResolvePath(r.Context(), fixed)
	}
	return err == nil
}
