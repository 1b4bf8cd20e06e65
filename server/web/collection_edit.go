package web

import (
	"context"
	"errors"
	"unicode/utf8"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
)

// Curation makes and changes collections. CreateCollection answers a Fault for a
// channel that is not the account's own.
type Curation interface {
	CreateCollection(ctx context.Context, k models.Collection) (models.Collection, error)
	UpdateCollection(ctx context.Context, id string, p catalog.CollectionPatch) error
	DeleteCollection(ctx context.Context, id string) error
}

type createCollection struct {
	Body struct {
		Kind        string   `json:"kind" enum:"album,series,playlist"`
		Title       string   `json:"title" maxLength:"200"`
		Description string   `json:"description,omitempty" maxLength:"10000"`
		Visibility  string   `json:"visibility,omitempty" enum:"public,unlisted,private" default:"public"`
		Releases    []string `json:"releases,omitempty" maxItems:"500" nullable:"false" doc:"What it holds, in order."`
	}
}

type editCollection struct {
	CollectionPath
	Body struct {
		Title       *string `json:"title,omitempty" maxLength:"200"`
		Description *string `json:"description,omitempty" maxLength:"10000"`
		Visibility  *string `json:"visibility,omitempty" enum:"public,unlisted,private"`
	}
}

// createCollection: whoever has an account keeps playlists; albums and series
// are published, so they take a creator.
func (s *Server) createCollection(ctx context.Context, in *createCollection) (*collectionAnswer, error) {
	role := models.RoleCreator
	if in.Body.Kind == string(models.Playlist) {
		role = models.RoleListener
	}
	c, err := need(ctx, role)
	if err != nil {
		return nil, err
	}
	title := spool.CleanText(in.Body.Title, maxTitle)
	if title == "" {
		return nil, errInvalid("empty_title", "A collection needs a title.")
	}
	if err := areIDs(in.Body.Releases...); err != nil {
		return nil, err
	}
	k, err := s.deps.Curation.CreateCollection(ctx, models.Collection{
		AccountID: c.Account.ID, Kind: models.CollectionKind(in.Body.Kind), Title: title,
		Description: cleanLines(in.Body.Description), Visibility: models.Visibility(in.Body.Visibility),
	})
	if err != nil {
		return nil, err
	}
	if len(in.Body.Releases) == 0 {
		return s.answerCollection(ctx, &k)
	}
	if err := s.deps.Orders.AddItems(ctx, k.ID, in.Body.Releases); err != nil {
		return nil, errors.Join(err, s.deps.Curation.DeleteCollection(ctx, k.ID))
	}
	return s.collectionAgain(ctx, k.ID, nil)
}

func (s *Server) editCollection(ctx context.Context, in *editCollection) (*collectionAnswer, error) {
	if err := s.changeableCollection(ctx, in.ID); err != nil {
		return nil, err
	}
	var p catalog.CollectionPatch
	if in.Body.Title != nil {
		title := spool.CleanText(*in.Body.Title, maxTitle)
		if title == "" {
			return nil, errInvalid("empty_title", "A collection needs a title.")
		}
		p.Title = &title
	}
	if in.Body.Description != nil {
		text := cleanLines(*in.Body.Description)
		p.Description = &text
	}
	if in.Body.Visibility != nil {
		v := models.Visibility(*in.Body.Visibility)
		p.Visibility = &v
	}
	return s.collectionAgain(ctx, in.ID, s.deps.Curation.UpdateCollection(ctx, in.ID, p))
}

func (s *Server) deleteCollection(ctx context.Context, in *CollectionPath) (*struct{}, error) {
	if err := s.changeableCollection(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.deps.Curation.DeleteCollection(ctx, in.ID)
}

// changeableCollection says whether the caller may change the collection, with
// releases that may be named at all.
func (s *Server) changeableCollection(ctx context.Context, id string, releases ...string) error {
	k, err := s.seenCollection(ctx, id)
	c := callerOf(ctx)
	switch {
	case err != nil:
		return err
	case !c.signedIn():
		return errSignIn()
	case !c.made(&k) && !c.is(models.RoleAdmin):
		return errForbidden("not_yours", "Only who made this collection may change it.")
	case k.Kind != models.Playlist && !c.is(models.RoleCreator):
		return errForbidden("role", "Your account may not do this; it takes a creator.")
	}
	return areIDs(releases...)
}

// collectionAgain reads a collection after a change and tells it.
func (s *Server) collectionAgain(ctx context.Context, id string, err error) (*collectionAnswer, error) {
	if err != nil {
		return nil, err
	}
	k, err := s.deps.Collections.Collection(ctx, id, callerOf(ctx).Account.ID)
	if err != nil {
		return nil, err
	}
	return s.answerCollection(ctx, &k)
}

// isText reports whether a database takes s as text.
func isText(s string) bool {
	for _, r := range s {
		if r == 0 {
			return false
		}
	}
	return utf8.ValidString(s)
}
