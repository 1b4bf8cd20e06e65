package blockset

import (
	"fmt"
	"slices"
	"strings"
)

// playlistURIs returns the URIs of an HLS playlist (RFC 8216 §4.1): each line
// that is neither empty nor a tag, and each attribute of a tag whose name
// ends in URI, in order.
func playlistURIs(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case !strings.HasPrefix(line, "#"):
			out = append(out, line)
		case strings.HasPrefix(line, "#EXT"):
			out = append(out, attributeURIs(line)...)
		}
	}
	return out
}

// attributeURIs walks an attribute list so that a quoted string that only looks
// like an attribute is not taken for one.
func attributeURIs(tag string) []string {
	_, list, _ := strings.Cut(tag, ":")
	var out []string
	for list != "" {
		name, rest, found := strings.Cut(list, "=")
		if !found {
			break
		}
		value, after, _ := strings.Cut(rest, ",")
		if strings.HasPrefix(rest, `"`) {
			value, after, _ = strings.Cut(rest[1:], `"`)
			_, after, _ = strings.Cut(after, ",")
		}
		if strings.HasSuffix(name, "URI") {
			out = append(out, value)
		}
		list = after
	}
	return out
}

// checkURIs: every URI of the playlist is the relative path of a file of the
// release. What is not one (another scheme or host, a query, "..") is not the
// name of a file either.
func (v *verifier) checkURIs(playlist, text string) error {
	dir := playlist[:strings.LastIndexByte(playlist, '/')+1]
	for _, uri := range playlistURIs(text) {
		if _, ok := v.files[dir+uri]; !ok {
			return fmt.Errorf("%w: %s names %q", ErrPlaylist, playlist, clip(uri))
		}
	}
	return nil
}

// checkLines refuses what players split into lines differently.
func checkLines(playlist, text string) error {
	control := func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }
	if strings.ContainsFunc(text, control) || !strings.HasPrefix(text, "#EXTM3U\n") {
		return fmt.Errorf("%w: %s is no playlist of ours", ErrPlaylist, playlist)
	}
	return nil
}

// checkOrder: a rendition's playlist names its init segment and then each
// segment once, in the order of the hash list.
func checkOrder(r *Rendition, text string) error {
	want := []string{initName}
	for n := range r.Segments {
		want = append(want, segmentPath(n))
	}
	if !slices.Equal(playlistURIs(text), want) {
		return fmt.Errorf("%w: %s is not in the order of its hash list", ErrPlaylist, r.ID)
	}
	return nil
}
