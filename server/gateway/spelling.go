package gateway

import (
	"net/http"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"
)

// oneSpelling returns where a request belongs whose CID or name is written in
// capitals: letters of either case mean the same in some encodings, and each
// mixture would be another cache key, and on subdomains another origin.
func oneSpelling(r *http.Request) (to string, other bool) {
	to = r.URL.RequestURI()
	if label, rest, ok := strings.Cut(r.Host, "."); ok && (strings.HasPrefix(rest, "ipfs.") || strings.HasPrefix(rest, "ipns.")) {
		if lower, other := inLowerCase(label); other {
			return "//" + lower + "." + rest + to, true
		}
	}
	segments := strings.SplitN(to, "/", 4) // "", namespace, root, rest
	if len(segments) < 3 || segments[1] != "ipfs" && segments[1] != "ipns" {
		return "", false
	}
	root, query, asked := strings.Cut(segments[2], "?")
	if segments[2], other = inLowerCase(root); asked {
		segments[2] += "?" + query
	}
	return strings.Join(segments, "/"), other
}

// inLowerCase returns a CID in small letters, and whether that is another
// spelling of it.
func inLowerCase(text string) (string, bool) {
	lower := strings.ToLower(text)
	if lower == text {
		return text, false
	}
	if code, err := cid.ExtractEncoding(lower); err != nil || !caseless[code] {
		return text, false
	}
	if _, err := cid.Decode(text); err != nil {
		return text, false
	}
	return lower, true
}

// caseless are the encodings in which capitals mean the same as small letters,
// by their code for small ones (https://github.com/multiformats/multibase).
var caseless = map[multibase.Encoding]bool{
	multibase.Base16: true, multibase.Base32: true, multibase.Base32pad: true, multibase.Base32hex: true,
	multibase.Base32hexPad: true, multibase.Base36: true,
}
