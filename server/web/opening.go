package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"

	"runnel/models"
	"runnel/transcode/hls"
)

// startHeight is the largest picture that a player begins with: four seconds of
// it cross a link of 10 Mbit/s in a third of a second.
const startHeight = 360

// opening is what a watch page says of its release, so that the player need not
// ask for one thing to learn of the next.
type opening struct {
	Release Release           `json:"release"` // as a visitor sees it
	Start   string            `json:"start"`   // the rendition that the page's links load ahead
	Files   map[string]string `json:"files"`   // by path, see given
}

// opening returns what goes into the head of the page of a release: the release
// itself, the small files of its first picture, and links to the others. It is
// empty for other pages and for releases that not everybody may watch to their end: their page
// asks for itself, with its own rights.
func (s *Server) opening(ctx context.Context, page string) []byte {
	kind, id, _ := strings.Cut(strings.TrimPrefix(page, "/"), "/")
	if kind != "watch" && kind != "listen" && kind != "embed" || !models.ValidTID(id) {
		return nil
	}
	r, err := s.deps.Releases.Release(ctx, id)
	if err != nil || r.State != models.StateFinal || !r.Servable() || (Caller{}).mayWatch(&r) != nil {
		return nil
	}
	renditions, err := s.deps.Releases.Renditions(ctx, id)
	if err != nil {
		return nil
	}
	o := opening{Release: s.view(Caller{}, &r, s.cfg.Now())}
	if o.Release.Plays, err = s.deps.Plays.PlayCount(ctx, id); err != nil {
		return nil
	}
	start := startWith(renditions)
	o.Release.Renditions = renditionDetails(renditions)
	if len(start) > 0 {
		o.Start = start[0].ID
	}
	var links []string
	o.Files, links = s.given(ctx, r.Manifest, start)
	return s.head(o, ipfsPath+r.Manifest.String(), links)
}

// head writes an opening and its links. They stand in the order in which they
// are wanted: a browser opens six connections to a host (HTTP/1.1), and what is
// named after them waits for a round trip and more. Scripts and styles of the
// player come first and take the connection that is open already.
func (s *Server) head(o opening, base string, links []string) []byte {
	told, err := json.Marshal(o) // escapes <, > and &
	if err != nil {
		return nil
	}
	var head bytes.Buffer
	for _, script := range s.pages.watch.scripts {
		fmt.Fprintf(&head, "<link rel=\"modulepreload\" href=\"/%s\">\n", html.EscapeString(script))
	}
	for _, style := range s.pages.watch.styles {
		fmt.Fprintf(&head, "<link rel=\"stylesheet\" crossorigin href=\"/%s\">\n", html.EscapeString(style))
	}
	for _, file := range links {
		fmt.Fprintf(&head, "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"%s\">\n", html.EscapeString(base+file))
	}
	fmt.Fprintf(&head, "<script type=\"application/json\" id=\"opening\">%s</script>\n", told)
	return head.Bytes()
}

// startWith returns what a player begins with: the largest picture up to
// startHeight, else the smallest, and the sound that stands beside it; of a
// track its first variant.
func startWith(renditions []models.Rendition) []models.Rendition {
	master := hls.MasterFor(renditions, hls.MasterOptions{})
	if len(master.Variants) == 0 {
		return nil
	}
	first := slices.MinFunc(master.Variants, func(a, b hls.Variant) int { return a.Height - b.Height })
	for _, v := range master.Variants {
		if v.Height <= startHeight && v.Height > first.Height {
			first = v
		}
	}
	uris := []string{first.URI}
	if i := slices.IndexFunc(master.Audio, func(a hls.Audio) bool { return a.Group == first.Audio && a.Default }); i >= 0 {
		uris = append(uris, master.Audio[i].URI)
	}
	var start []models.Rendition
	for _, uri := range uris {
		if i := slices.IndexFunc(renditions, func(r models.Rendition) bool { return hls.PlaylistPath(r.ID) == uri }); i >= 0 {
			start = append(start, renditions[i])
		}
	}
	return start
}
