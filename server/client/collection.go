package client

import (
	"context"
	"net/http"
)

// Collection is an album, a series or a playlist as the API tells it.
type Collection struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Title      string `json:"title"`
	Visibility string `json:"visibility"`
	Items      int    `json:"items"`
	URL        string `json:"url"`
}

// Collection returns one collection; models.ErrNotFound when there is none to
// see.
func (c *Client) Collection(ctx context.Context, id string) (Collection, error) {
	var k Collection
	return k, c.call(ctx, http.MethodGet, "/collections/"+id, nil, &k)
}

// CreateCollection makes an empty collection of the account.
func (c *Client) CreateCollection(ctx context.Context, kind, title, description, visibility string) (Collection, error) {
	var k Collection
	return k, c.call(ctx, http.MethodPost, "/collections",
		map[string]string{"kind": kind, "title": title, "description": description, "visibility": visibility}, &k)
}

// AddItems puts releases at a collection's end; those in it stay where they are.
func (c *Client) AddItems(ctx context.Context, id string, releases ...string) error {
	return c.call(ctx, http.MethodPost, "/collections/"+id+"/items", map[string][]string{"releases": releases}, nil)
}

// MoveItem puts a release of a collection behind another one, or first where
// after is empty.
func (c *Client) MoveItem(ctx context.Context, id, release, after string) error {
	return c.call(ctx, http.MethodPost, "/collections/"+id+"/moves", map[string]string{"release": release, "after": after}, nil)
}
