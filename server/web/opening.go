package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"path"
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
	Release Release `json:"release"` // as a visitor sees it
	Start   string  `json:"start"`   // the rendition that the page's links load ahead
}

// opening returns what goes into the head of the page of a release: the release
// itself, and links to the files of its first picture. It is empty for other
// pages and for releases that not everybody may watch to their end: their page
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
	start := startWith(renditions)
	o := opening{Release: s.view(Caller{}, &r, s.cfg.Now())}
	if o.Release.Plays, err = s.deps.Plays.PlayCount(ctx, id); err != nil {
		return nil
	}
	if len(start) > 0 {
		o.Start = start[0].ID
	}
	return s.head(o, ipfsPath+r.Manifest.String(), start)
}

// head writes an opening and its links, the player's script first: it is the
// largest of what the picture waits for.
func (s *Server) head(o opening, base string, start []models.Rendition) []byte {
	told, err := json.Marshal(o) // escapes <, > and &
	if err != nil {
		return nil
	}
	var head bytes.Buffer
	for _, chunk := range s.pages.player {
		fmt.Fprintf(&head, "<link rel=\"modulepreload\" href=\"/%s\">\n", html.EscapeString(chunk))
	}
	fmt.Fprintf(&head, "<script type=\"application/json\" id=\"opening\">%s</script>\n", told)
	for _, file := range append([]string{"?format=raw", "/manifest.json", "/" + hls.MasterPath}, firstFiles(start)...) {
		fmt.Fprintf(&head, "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"%s\">\n", html.EscapeString(base+file))
	}
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

// firstFiles lists what the first picture and sound take, below the root.
func firstFiles(start []models.Rendition) []string {
	var files []string
	for _, name := range []func(r models.Rendition) string{
		func(r models.Rendition) string { return hls.PlaylistPath(r.ID) },
		func(r models.Rendition) string { return r.Hashes },
		func(r models.Rendition) string { return hls.InitPath(r.ID) },
		func(r models.Rendition) string { return hls.SegmentPath(r.ID, 0) },
	} {
		for _, r := range start {
			if file := name(r); file != "" {
				files = append(files, "/"+file)
			}
		}
	}
	return files
}

// playerChunks finds the scripts that only the watch page needs, by the names
// that its build gives them.
func playerChunks(files fs.FS) []string {
	found, _ := fs.Glob(files, path.Join("assets", "Watch-*.js")) // the pattern is well-formed
	return found
}
