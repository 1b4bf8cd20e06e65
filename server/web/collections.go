package web

import (
	"context"
	"net/http"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

// Collections reads albums, series and playlists as an account, or 0 for a
// visitor, sees them.
type Collections interface {
	Collection(ctx context.Context, id string, viewer int64) (models.Collection, error)
	Collections(ctx context.Context, f catalog.CollectionFilter) (page []models.Collection, next string, err error)
	CollectionItems(ctx context.Context, id string, viewer int64, cursor string, limit int) (page []models.Release, next string, err error)
}

// Collection is an album, a series or a playlist as the API tells it. What is
// counted is what the caller may see.
type Collection struct {
	ID              string    `json:"id" doc:"A TID."`
	Kind            string    `json:"kind" enum:"album,series,playlist"`
	Title           string    `json:"title"`
	Description     string    `json:"description"`
	Visibility      string    `json:"visibility" enum:"public,unlisted,private"`
	Channel         string    `json:"channel" doc:"k51… name; empty for a listener's playlist."`
	By              string    `json:"by" doc:"Name of the channel, else of the account."`
	Items           int       `json:"items" doc:"How many releases; lists count up to 1,000."`
	DurationSeconds float64   `json:"durationSeconds" doc:"Of all of them; 0 in lists."`
	Version         int64     `json:"version" doc:"Counts the changes of the order."`
	URL             string    `json:"url" doc:"Its page."`
	CoverURL        string    `json:"coverUrl"`
	Mine            bool      `json:"mine"`
	CreatedAt       time.Time `json:"createdAt"`
	UpdatedAt       time.Time `json:"updatedAt"`
}

type collectionQuery struct {
	Kind    string `query:"kind" enum:"album,series,playlist"`
	Channel string `query:"channel" maxLength:"100" doc:"k51… name."`
	Holds   string `query:"holds" maxLength:"13" doc:"The id of a release."`
	Scope   string `query:"scope" enum:"public,mine" doc:"Default: public."`
	Cursor  string `query:"cursor" maxLength:"400" doc:"From the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type collectionList struct {
	Body struct {
		Items []Collection `json:"items"`
		Next  string       `json:"next" doc:"Cursor of the next page; empty at the end."`
	}
}

// CollectionPath names a collection.
type CollectionPath struct {
	ID string `path:"id"`
}

type collectionAnswer struct{ Body Collection }

type itemsQuery struct {
	CollectionPath
	Cursor string `query:"cursor" maxLength:"400" doc:"From the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s *Server) registerCollections() {
	register(s, op("list-collections", http.MethodGet, "/collections", "Albums, series and playlists", http.StatusOK), s.listCollections)
	register(s, op("get-collection", http.MethodGet, "/collections/{id}", "One collection", http.StatusOK), s.getCollection)
	register(s, op("collection-items", http.MethodGet, "/collections/{id}/items", "The releases of a collection, in its order", http.StatusOK), s.collectionItems)
	register(s, op("create-collection", http.MethodPost, "/collections", "Make an album, a series or a playlist", http.StatusCreated), s.createCollection)
	register(s, op("edit-collection", http.MethodPatch, "/collections/{id}", "Change what people read of a collection", http.StatusOK), s.editCollection)
	register(s, op("delete-collection", http.MethodDelete, "/collections/{id}", "Delete a collection; its releases stay", http.StatusNoContent), s.deleteCollection)
	register(s, op("add-items", http.MethodPost, "/collections/{id}/items", "Put releases at the end of a collection", http.StatusOK), s.addItems)
	register(s, op("remove-item", http.MethodDelete, "/collections/{id}/items/{release}", "Take a release out of a collection", http.StatusNoContent), s.removeItem)
	register(s, op("move-item", http.MethodPost, "/collections/{id}/moves", "Put a release behind another one", http.StatusOK), s.moveItem)
	order := op("order-items", http.MethodPut, "/collections/{id}/order", "Give a collection a new order", http.StatusOK)
	order.MaxBodyBytes = 256 << 10 // ten thousand ids
	register(s, order, s.orderItems)
}

func (s *Server) listCollections(ctx context.Context, in *collectionQuery) (*collectionList, error) {
	c := callerOf(ctx)
	f := catalog.CollectionFilter{Kind: models.CollectionKind(in.Kind), Channel: in.Channel, Holds: in.Holds, Viewer: c.Account.ID, Mine: in.Scope == "mine", Limit: in.Limit}
	if f.Mine && !c.signedIn() {
		return nil, errSignIn()
	}
	if !isText(in.Channel + in.Holds) {
		return nil, errInvalid("bad_query", "The query holds characters that are not text.")
	}
	var err error
	if f.Cursor, err = s.seal.openCursor(in.Cursor); err != nil {
		return nil, err
	}
	page, next, err := s.deps.Collections.Collections(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &collectionList{}
	out.Body.Items, out.Body.Next = make([]Collection, len(page)), s.seal.sealCursor(next)
	for i := range page {
		if out.Body.Items[i], err = s.collectionView(ctx, &page[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) getCollection(ctx context.Context, in *CollectionPath) (*collectionAnswer, error) {
	k, err := s.seenCollection(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.answerCollection(ctx, &k)
}

func (s *Server) collectionItems(ctx context.Context, in *itemsQuery) (*releaseList, error) {
	if _, err := s.seenCollection(ctx, in.ID); err != nil {
		return nil, err
	}
	cursor, err := s.seal.openCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	page, next, err := s.deps.Collections.CollectionItems(ctx, in.ID, c.Account.ID, cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return s.listOf(c, page, next), nil
}

// seenCollection reads a collection that the caller may see.
func (s *Server) seenCollection(ctx context.Context, id string) (models.Collection, error) {
	if !models.ValidTID(id) {
		return models.Collection{}, models.ErrNotFound
	}
	c := callerOf(ctx)
	k, err := s.deps.Collections.Collection(ctx, id, c.Account.ID)
	if err == nil && k.Visibility == models.Private && !c.made(&k) && !c.is(models.RoleModerator) {
		err = models.ErrNotFound
	}
	return k, err
}

// made reports whether the collection is the caller's own.
func (c Caller) made(k *models.Collection) bool { return c.signedIn() && k.AccountID == c.Account.ID }

func (s *Server) answerCollection(ctx context.Context, k *models.Collection) (*collectionAnswer, error) {
	v, err := s.collectionView(ctx, k)
	return &collectionAnswer{Body: v}, err
}

// collectionView tells a collection to the caller, with the first picture in it.
func (s *Server) collectionView(ctx context.Context, k *models.Collection) (Collection, error) {
	c := callerOf(ctx)
	v := Collection{
		ID: k.ID, Kind: string(k.Kind), Title: k.Title, Description: k.Description, Visibility: string(k.Visibility), Channel: k.ChannelID, By: k.ByName,
		Items: k.Items, DurationSeconds: seconds(k.Duration), Version: k.Version, URL: s.public.String() + "/collection/" + k.ID, Mine: c.made(k),
		CreatedAt: k.CreatedAt.UTC(), UpdatedAt: k.UpdatedAt.UTC(),
	}
	if k.Cover == "" {
		return v, nil
	}
	r, err := s.deps.Releases.Release(ctx, k.Cover)
	if err == nil {
		_, v.CoverURL = s.playURLs(c, &r, s.cfg.Now())
	}
	return v, unlessGone(err)
}
