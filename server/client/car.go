package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"runnel/models"
)

// CAR returns a release as the node's archive of it, a CARv1. Nothing in it has
// been checked. Reading fails with models.ErrUnavailable when the connection is
// lost; the caller closes it.
func (c *Client) CAR(ctx context.Context, root string) (io.ReadCloser, error) {
	res, err := c.send(ctx, http.MethodGet, c.base+"/ipfs/"+root+"?format=car", nil, http.Header{"Accept": {"application/vnd.ipld.car"}})
	if err != nil {
		return nil, err
	}
	return body{res.Body}, nil
}

// body tells a lost connection from the end.
type body struct{ io.ReadCloser }

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("client: %w: %w", models.ErrUnavailable, err)
	}
	return n, err
}
