package spool

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"runnel/models"
)

// Limits on what a client may say about its file, in characters.
const (
	maxFilename    = 255
	maxFingerprint = 128
	maxTitle       = 200
	untitled       = "Untitled"
)

// describe reads an upload's metadata: filename, title, kind and visibility, the
// id of the release whose media it replaces, and a fingerprint by which its sender
// knows the file again; all optional, other keys are dropped. It returns the
// release that the upload will become and the metadata to keep.
func describe(meta map[string]string) (models.Release, map[string]string, error) {
	filename := CleanText(baseName(meta["filename"]), maxFilename)
	r := models.Release{
		Title:      CleanText(meta["title"], maxTitle),
		Kind:       models.Kind(meta["kind"]),
		Visibility: models.Visibility(meta["visibility"]),
		Replaces:   meta["replaces"],
	}
	if r.Title == "" {
		r.Title = CleanText(strings.TrimSuffix(filename, path.Ext(filename)), maxTitle)
	}
	if r.Title == "" {
		r.Title = untitled
	}
	if r.Visibility == "" {
		r.Visibility = models.Public
	}
	if r.Kind != "" && !r.Kind.Valid() {
		return r, nil, models.NewFault(models.ErrInvalid, "invalid_kind", `The kind must be "video" or "track".`)
	}
	if !r.Visibility.Valid() {
		return r, nil, models.NewFault(models.ErrInvalid, "invalid_visibility", `The visibility must be "public", "unlisted" or "private".`)
	}
	if r.Replaces != "" && !models.ValidTID(r.Replaces) {
		return r, nil, models.NewFault(models.ErrInvalid, "invalid_replaces", "What is replaced must be named by the id of a release.")
	}
	kind := r.Kind
	if kind == "" {
		r.Kind = models.KindVideo // until the probe has looked inside
	}
	kept := map[string]string{"title": r.Title, "visibility": string(r.Visibility)}
	if filename != "" {
		kept["filename"] = filename
	}
	if kind != "" {
		kept["kind"] = string(kind)
	}
	if r.Replaces != "" {
		kept["replaces"] = r.Replaces
	}
	if mark := CleanText(meta["fingerprint"], maxFingerprint); mark != "" {
		kept["fingerprint"] = mark
	}
	return r, kept, nil
}

// baseName is the last element of a client's path, whichever way its slashes lean.
func baseName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return name
}

// CleanText makes a client's text fit to be shown on one line: NFC, valid
// UTF-8, no control or direction-changing characters, at most three combining
// marks on a letter, runs of space folded, at most limit characters.
func CleanText(s string, limit int) string {
	if most := limit * 16; len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	s = norm.NFC.String(strings.Map(visible, strings.ToValidUTF8(s, "\uFFFD")))
	var b strings.Builder
	marks, count, space := 0, 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.M, r):
			if marks++; marks > 3 {
				continue
			}
		default:
			marks = 0
		}
		if space {
			b.WriteByte(' ')
			count, space = count+1, false
		}
		if count++; count > limit {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// visible drops characters that control a terminal or a line's direction; the
// joiners that emoji and Indic scripts need stay.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), r == '\u200c', r == '\u200d':
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// validMetadata refuses an Upload-Metadata header that is not what tus says:
// distinct keys of printable ASCII, values in base64.
func validMetadata(header string) bool {
	if len(header) > 8<<10 || !utf8.ValidString(header) {
		return false
	}
	if strings.TrimSpace(header) == "" {
		return true
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if key == "" || seen[key] || !validKey(key) || !validBase64(value) {
			return false
		}
		seen[key] = true
	}
	return true
}

func validKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}
