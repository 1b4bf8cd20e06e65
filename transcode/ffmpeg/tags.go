package ffmpeg

import (
	"slices"
	"strings"
	"unicode"
)

// The bounds of texts that a file brings along, in runes.
const (
	maxTitle = 200
	maxTag   = 2000
)

// knownTags are the tags of a file worth offering its creator. The list is
// closed so that places, devices and accounts, which cameras write too, never
// come through.
var knownTags = []string{
	"title", "artist", "album", "album_artist", "composer", "performer", "genre", "date", "track", "disc",
	"comment", "description", "synopsis", "copyright", "license", "language", "publisher", "isrc", "tsrc", "lyrics",
}

// cleanTags keeps known tags, in lower case, as plain text.
func cleanTags(in map[string]string) map[string]string {
	out := map[string]string{}
	for _, key := range knownTags {
		limit := maxTag
		if key == "title" || key == "artist" || key == "album" || key == "album_artist" {
			limit = maxTitle
		}
		if value := cleanText(tag(in, key), limit); value != "" {
			out[key] = value
		}
	}
	return out
}

// tag finds a tag whatever its case; of several spellings the first by name.
func tag(tags map[string]string, key string) string {
	if v, ok := tags[key]; ok {
		return v
	}
	var names []string
	for name := range tags {
		if strings.EqualFold(name, key) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return tags[slices.Min(names)]
}

// maxMarks is how many combining marks may stand on one character.
const maxMarks = 4

// cleanText makes one line of plain text of at most limit runes: no control or
// invisible formatting characters (which turn text around), no towers of
// combining marks, no runs of blanks.
func cleanText(s string, limit int) string {
	var out strings.Builder
	marks, count, blank := 0, 0, false
	for _, r := range strings.ToValidUTF8(s, "") {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case marks > maxMarks || invisible(r):
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			blank = out.Len() > 0
			continue
		}
		if count >= limit {
			break
		}
		if blank {
			out.WriteByte(' ')
			count++
		}
		blank = false
		out.WriteRune(r)
		count++
	}
	return out.String()
}

// invisible reports formatting characters, save the joiners that scripts and
// emoji need.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' || unicode.Is(unicode.Co, r)
}

// language keeps a tag of ASCII letters, digits and dashes, else nothing;
// "und" says nothing either.
func language(s string) string {
	s = strings.ToLower(s)
	if len(s) < 2 || len(s) > 35 || s == "und" {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return s
}
