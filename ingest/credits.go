package ingest

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"runnel/models"
	"runnel/models/catalog"
	"runnel/transcode"
)

// words are what a file's own tags say of the work. Its language is that of its
// sound, where it has one alone.
func words(p transcode.Plan) catalog.Words {
	tags := p.Tags
	w := catalog.Words{Title: tags["title"], Language: languageTag(tags["language"]), License: licence(tags), Credits: credits(tags)}
	if w.Language == "" && len(p.Media.Audio) == 1 {
		w.Language = languageTag(p.Media.Audio[0].Language)
	}
	return w
}

func credits(tags map[string]string) models.Credits {
	return models.Credits{
		Artist: tags["artist"], AlbumArtist: tags["album_artist"], Composer: tags["composer"], Album: tags["album"],
		Disc: ordinal(tags["disc"]), Track: ordinal(tags["track"]), ISRC: isrc(tags), Date: date(tags["date"]),
	}
}

// languageTag returns a language as BCP 47, or nothing.
func languageTag(s string) string {
	tag, err := language.Parse(s)
	if err != nil || s == "" || tag == language.Und {
		return ""
	}
	return tag.String()
}

var (
	spdxName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{1,60}$`)
	ccURL    = regexp.MustCompile(`creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)`)
)

// licence returns the SPDX name of a licence that a file names by it or by
// Creative Commons' address, which is how most do; else nothing.
func licence(tags map[string]string) string {
	for _, key := range []string{"license", "copyright"} {
		text := tags[key]
		if m := ccURL.FindStringSubmatch(text); m != nil {
			kind := strings.ToUpper(m[2])
			switch {
			case m[1] == "licenses":
				return "CC-" + kind + "-" + m[3]
			case kind == "ZERO":
				return "CC0-" + m[3]
			}
		}
		if key == "license" && spdxName.MatchString(text) {
			return text
		}
	}
	return ""
}

var isoDate = regexp.MustCompile(`^(\d{4})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?`)

// date keeps the year, month and day that a tag begins with.
func date(s string) string { return isoDate.FindString(strings.TrimSpace(s)) }

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
