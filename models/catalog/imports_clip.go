package catalog

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"runnel/models"
)

// The longest texts of an import that have no limit of their own, in characters.
const (
	maxChannelName = 200
	maxTag         = 100
	maxTags        = 50
	maxMarks       = 3 // upon one letter
)

// maxAhead is how far an id may be ahead of this node's clock.
const maxAhead = 24 * time.Hour

// prepareImport brings what a stranger's manifest says into the form in which
// the catalogue keeps it. Text that is too long is cut, not refused: the
// manifest, which anyone can read, holds all of it.
func (c *Catalog) prepareImport(r *models.Release) error {
	now := c.cfg.Now()
	if r.ID == "" || r.ChannelID == "" || !r.Manifest.Defined() {
		return models.NewFault(models.ErrInvalid, "release_import", "This is not a release with an id, a channel and a manifest.")
	}
	if models.ValidTID(r.ID) && models.TIDTime(r.ID).After(now.Add(maxAhead)) {
		return models.NewFault(models.ErrInvalid, "release_id_future", "The id of this release lies in the future.")
	}
	visibility := r.Visibility
	r.ChannelName = clip(r.ChannelName, maxChannelName, false)
	r.Title, r.Description = clip(r.Title, maxTitle, false), clip(r.Description, maxDescription, true)
	r.Language, r.License = clipLanguage(r.Language), clip(r.License, maxCode, false)
	r.Tags, r.Credits = clipTags(r.Tags), clipCredits(r.Credits)
	if r.CreatedAt.IsZero() || r.CreatedAt.After(now) {
		r.CreatedAt = now
	}
	r.FinalAt, r.Rev = r.CreatedAt, max(r.Rev, 1)
	r.State, r.Standing, r.Fraction, r.Playable = models.StateFinal, models.StandingGood, 1, r.Duration
	err := c.prepareRelease(r, now)
	r.Visibility = visibility // who the channel belongs to decides what empty means
	return err
}

// clip makes a stranger's text fit for a page: no control characters and none
// that turn the direction of what stands around it, no towers of marks, at most
// limit characters, and where lines is false one line.
func clip(s string, limit int, lines bool) string {
	var b strings.Builder
	marks, count := 0, 0
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD")) {
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == '\n' || r == '\t':
			if !lines {
				r = ' '
			}
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), marks > maxMarks:
			continue
		}
		if count++; count > limit {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// clipLanguage drops what cannot be a BCP 47 tag.
func clipLanguage(s string) string {
	odd := func(r rune) bool { return r > utf8.RuneSelf || r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	if len(s) > 35 || strings.ContainsFunc(s, odd) {
		return ""
	}
	return s
}

func clipTags(tags []string) []string {
	out := make([]string, 0, min(len(tags), maxTags))
	for _, t := range tags {
		if t = clip(t, maxTag, false); t != "" && len(out) < maxTags {
			out = append(out, t)
		}
	}
	return out
}

func clipRenditions(renditions []models.Rendition) []models.Rendition {
	out := slices.Clone(renditions)
	for i := range out {
		r := &out[i]
		r.Codec, r.Group, r.Name = clip(r.Codec, maxCode, false), clip(r.Group, maxCode, false), clip(r.Name, maxCode, false)
		r.Language = clipLanguage(r.Language)
	}
	return out
}
