package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"runnel/server/client"
)

// plays checks a final release: that every rendition decodes, all to the length
// that the node tells and the row says, and that nothing is in it that may not.
func plays(ctx context.Context, n *node, r client.Release, want End) error {
	master, text, err := masterOf(ctx, r)
	if err != nil {
		return err
	}
	for _, s := range want.Master {
		if !strings.Contains(text, s) {
			return fmt.Errorf("no %s in the master playlist", s)
		}
	}
	renditions, err := decode(ctx, mediaPlaylists(master, text))
	if err != nil {
		return err
	}
	if err := lasts(renditions, r, want); err != nil {
		return err
	}
	if err := shape(renditions, want.Aspect); err != nil {
		return err
	}
	return clean(ctx, n, r, want)
}

// masterOf returns a release's master playlist, with what is chosen and never
// automatic behind it.
func masterOf(ctx context.Context, r client.Release) (*url.URL, string, error) {
	base, err := url.Parse(r.MasterURL)
	if err != nil {
		return nil, "", err
	}
	status, master, err := fetch(ctx, base.String())
	if err != nil || status != http.StatusOK {
		return nil, "", fmt.Errorf("master playlist: %d %w", status, err)
	}
	status, more, err := fetch(ctx, base.JoinPath("../lossless.m3u8").String())
	if err == nil && status == http.StatusOK {
		master = append(master, more...)
	}
	return base, string(master), err
}

// mediaPlaylists are those that a master names, subtitles left out.
func mediaPlaylists(base *url.URL, text string) []string {
	var list []string
	seen := map[string]bool{}
	attribute := regexp.MustCompile(`URI="([^"]+)"`)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		uri := line
		if strings.HasPrefix(line, "#") {
			found := attribute.FindStringSubmatch(line)
			if found == nil || !strings.HasPrefix(line, "#EXT-X-MEDIA:TYPE=AUDIO") {
				continue
			}
			uri = found[1]
		}
		if at, err := base.Parse(uri); err == nil && uri != "" && !seen[uri] {
			seen[uri] = true
			list = append(list, at.String())
		}
	}
	return list
}

// apart is how far the beginnings of picture and sound may lie from each other,
// in seconds.
const apart = 0.08

// lasts compares lengths. Only the longest rendition must have all of it: sound
// may be shorter than its film.
func lasts(renditions []*decoded, r client.Release, want End) error {
	longest := 0.0
	for _, d := range renditions {
		if math.Abs(d.first-renditions[0].first) > apart {
			return fmt.Errorf("renditions begin at %.3f and %.3f s", renditions[0].first, d.first)
		}
		longest = max(longest, d.end)
		if d.media == "video" && math.Abs(d.end-r.DurationSeconds) > tolerance {
			return fmt.Errorf("a picture decodes to %.3f s of %.3f", d.end, r.DurationSeconds)
		}
	}
	if math.Abs(longest-r.DurationSeconds) > tolerance {
		return fmt.Errorf("decodes to %.3f s, the node says %.3f", longest, r.DurationSeconds)
	}
	if want.Seconds >= 0 && math.Abs(longest-want.Seconds) > want.Within {
		return fmt.Errorf("plays %.3f s, want %.3f ± %.2f", longest, want.Seconds, want.Within)
	}
	return nil
}

// shape checks that pictures have even sides and, where it is given, the shape.
func shape(renditions []*decoded, aspect float64) error {
	for _, d := range renditions {
		if d.media != "video" {
			continue
		}
		if d.width%2 != 0 || d.height%2 != 0 {
			return fmt.Errorf("a picture of %d×%d", d.width, d.height)
		}
		// Either side may have been made even.
		off := float64(d.width)/float64(d.height)/aspect - 1
		if aspect > 0 && math.Abs(off) > 0.005+1/float64(min(d.width, d.height)) {
			return fmt.Errorf("a picture of %d×%d, want %.3f to 1", d.width, d.height, aspect)
		}
	}
	return nil
}

// clean looks for the lures' word, and the words of the row, in every byte of
// the release.
func clean(ctx context.Context, n *node, r client.Release, want End) error {
	archive, err := n.client.CAR(ctx, r.Manifest)
	if err != nil {
		return err
	}
	all, err := io.ReadAll(archive)
	if err = errors.Join(err, archive.Close()); err != nil {
		return err
	}
	for _, s := range append([]string{word}, want.Absent...) {
		if bytes.Contains(all, []byte(s)) {
			return fmt.Errorf("%q is in the release", s)
		}
	}
	return nil
}

// fetch fetches an address as a stranger would.
func fetch(ctx context.Context, address string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}
