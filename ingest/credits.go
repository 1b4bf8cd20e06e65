package ingest

import (
	"strconv"
	"strings"

	"runnel/models/blockset"
)

// credits are what a file's own tags say of the work.
func credits(tags map[string]string) blockset.Credits {
	c := blockset.Credits{
		Album: tags["album"], Disc: ordinal(tags["disc"]), Track: ordinal(tags["track"]), ISRC: isrc(tags),
	}
	for _, who := range []struct{ tag, role string }{{"artist", "artist"}, {"composer", "composer"}} {
		if name := tags[who.tag]; name != "" {
			c.Creators = append(c.Creators, blockset.Creator{Name: name, Role: who.role})
		}
	}
	return c
}

// ordinal reads "3" or "3/12".
func ordinal(s string) int {
	first, _, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 0 || n > 9999 {
		return 0
	}
	return n
}

// isrc returns the recording code (ISO 3901) without its hyphens, if it is one.
func isrc(tags map[string]string) string {
	code := tags["isrc"]
	if code == "" {
		code = tags["tsrc"] // as ID3v2 calls it
	}
	code = strings.ToUpper(strings.ReplaceAll(code, "-", ""))
	if len(code) != 12 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return ""
	}
	return code
}
