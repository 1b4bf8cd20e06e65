package web

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
)

// Limits on what people read of a release, in characters.
const (
	maxTitle       = 200
	maxDescription = 10_000
	maxTags        = 30
	maxTag         = 60
)

type editRequest struct {
	ID   string `path:"id"`
	Body struct {
		Title       *string   `json:"title,omitempty" maxLength:"200"`
		Description *string   `json:"description,omitempty" maxLength:"10000"`
		Tags        *[]string `json:"tags,omitempty" maxItems:"30" nullable:"false"`
		Language    *string   `json:"language,omitempty" maxLength:"35" doc:"BCP 47, or empty."`
		License     *string   `json:"license,omitempty" maxLength:"100" doc:"SPDX, or empty."`
		Visibility  *string   `json:"visibility,omitempty" enum:"public,unlisted,private"`
		Kind        *string   `json:"kind,omitempty" enum:"video,track"`
		PublishAt   *string   `json:"publishAt,omitempty" maxLength:"40" doc:"RFC 3339: private until then, then what visibility says, or public; empty: not at a time any more."`
	}
}

func (s *Server) editRelease(ctx context.Context, in *editRequest) (*releaseAnswer, error) {
	if _, err := s.changeable(ctx, in.ID); err != nil {
		return nil, err
	}
	e, err := in.edit()
	if err != nil {
		return nil, err
	}
	r, err := s.deps.Desk.UpdateRelease(ctx, in.ID, e)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, &r)
}

// edit checks the fields and brings them to the form they are kept in.
func (in *editRequest) edit() (e catalog.Patch, err error) {
	b := &in.Body
	if b.Title != nil {
		title := spool.CleanText(*b.Title, maxTitle)
		if title == "" {
			return e, errInvalid("empty_title", "A release needs a title.")
		}
		e.Title = &title
	}
	if b.Description != nil {
		text := cleanLines(*b.Description)
		e.Description = &text
	}
	if b.Tags != nil {
		tags := cleanTags(*b.Tags)
		e.Tags = &tags
	}
	if e.Language, err = cleanLanguage(b.Language); err != nil {
		return e, err
	}
	if e.License, err = cleanLicense(b.License); err != nil {
		return e, err
	}
	if b.Visibility != nil {
		v := models.Visibility(*b.Visibility)
		e.Visibility = &v
	}
	if b.Kind != nil {
		k := models.Kind(*b.Kind)
		e.Kind = &k
	}
	e.Schedule, err = in.schedule()
	return e, err
}

// cleanLines keeps line breaks and cleans each line.
func cleanLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = spool.CleanText(l, maxDescription)
	}
	return strings.TrimRightFunc(strings.Join(lines, "\n"), unicode.IsSpace)
}

// cleanTags drops empty and repeated tags.
func cleanTags(tags []string) []string {
	out, seen := []string{}, map[string]bool{}
	for _, t := range tags {
		t = strings.ToLower(spool.CleanText(strings.TrimLeft(t, "#"), maxTag))
		if t != "" && !seen[t] && len(out) < maxTags {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func cleanLanguage(l *string) (*string, error) {
	if l == nil || *l == "" {
		return l, nil
	}
	tag, err := language.Parse(*l)
	if err != nil {
		return nil, errInvalid("bad_language", "The language must be a BCP 47 tag such as \"en\" or \"pt-BR\".")
	}
	text := tag.String()
	return &text, nil
}

// spdx is the shape of an SPDX licence expression; whether the name is in the
// list is not for a node to say.
var spdx = regexp.MustCompile(`^[A-Za-z0-9.+\-() ]*$`)

func cleanLicense(l *string) (*string, error) {
	if l != nil && !spdx.MatchString(*l) {
		return nil, errInvalid("bad_license", "The licence must be an SPDX identifier such as \"CC-BY-4.0\".")
	}
	return l, nil
}
