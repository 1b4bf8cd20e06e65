package web

import (
	"context"
	"errors"

	"runnel/models"
)

// Orders changes what a collection holds and in which order, one change at a
// time. Each answers ErrNotFound for a release that is not there, or that the
// collection's account may not put there.
type Orders interface {
	AddItems(ctx context.Context, id string, releases []string) error
	RemoveItem(ctx context.Context, id, release string) error
	MoveItem(ctx context.Context, id, release, after string) error
	OrderItems(ctx context.Context, id string, order []string, version int64) error
}

type addItems struct {
	CollectionPath
	Body struct {
		Releases []string `json:"releases" minItems:"1" maxItems:"500" nullable:"false" doc:"Ids; what is in the collection stays where it is."`
	}
}

type itemPath struct {
	CollectionPath
	Release string `path:"release"`
}

type moveItem struct {
	CollectionPath
	Body struct {
		Release string `json:"release"`
		After   string `json:"after" doc:"The release that then stands before it; empty: it becomes the first."`
	}
}

type orderItems struct {
	CollectionPath
	Body struct {
		Releases []string `json:"releases" maxItems:"10000" nullable:"false" doc:"Every release that you see in the collection, once."`
		Version  int64    `json:"version,omitempty" minimum:"0" doc:"The version that you saw; 409 where it has changed since. 0: whatever it is."`
	}
}

func (s *Server) addItems(ctx context.Context, in *addItems) (*collectionAnswer, error) {
	if err := s.changeableCollection(ctx, in.ID, in.Body.Releases...); err != nil {
		return nil, err
	}
	return s.collectionAgain(ctx, in.ID, s.deps.Orders.AddItems(ctx, in.ID, in.Body.Releases))
}

func (s *Server) removeItem(ctx context.Context, in *itemPath) (*struct{}, error) {
	if err := s.changeableCollection(ctx, in.ID, in.Release); err != nil {
		return nil, err
	}
	return nil, s.deps.Orders.RemoveItem(ctx, in.ID, in.Release)
}

func (s *Server) moveItem(ctx context.Context, in *moveItem) (*collectionAnswer, error) {
	ids := []string{in.Body.Release}
	if in.Body.After != "" {
		ids = append(ids, in.Body.After)
	}
	if err := s.changeableCollection(ctx, in.ID, ids...); err != nil {
		return nil, err
	}
	return s.collectionAgain(ctx, in.ID, s.deps.Orders.MoveItem(ctx, in.ID, in.Body.Release, in.Body.After))
}

func (s *Server) orderItems(ctx context.Context, in *orderItems) (*collectionAnswer, error) {
	if err := s.changeableCollection(ctx, in.ID, in.Body.Releases...); err != nil {
		return nil, err
	}
	return s.collectionAgain(ctx, in.ID, s.deps.Orders.OrderItems(ctx, in.ID, in.Body.Releases, in.Body.Version))
}

func areIDs(releases ...string) error {
	for _, id := range releases {
		if !models.ValidTID(id) {
			return models.ErrNotFound
		}
	}
	return nil
}

// unlessGone drops the error of what went away between two questions.
func unlessGone(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	return err
}
