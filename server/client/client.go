// Package client speaks a node's HTTP interface from a program: uploads by
// tus 1.0.0 (https://tus.io/protocols/resumable-upload), releases, their events
// and pins.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"runnel/models"
)

// Client acts on one node as one account. It may be used by several goroutines.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the node at base, e.g. "http://localhost:8080". An
// empty token acts as a visitor.
func New(base, token string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{}}
}

// Release is a release as the API tells it.
type Release struct {
	ID              string   `json:"id"`
	Title           string   `json:"title"`
	Kind            string   `json:"kind"`
	State           string   `json:"state"`
	Manifest        string   `json:"manifest"`
	Channel         string   `json:"channel"`
	WatchURL        string   `json:"watchUrl"`
	MasterURL       string   `json:"masterUrl"`
	Fraction        float64  `json:"fraction"`
	PlayableSeconds float64  `json:"playableSeconds"`
	DurationSeconds float64  `json:"durationSeconds"`
	Failure         *Failure `json:"failure"`
}

// Failure is why a release ended as failed, in a sentence.
type Failure struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Ended reports whether the release will not move any more.
func (r *Release) Ended() bool { return models.State(r.State).Ended() }

// Pin is a root that the node keeps because it was asked to.
type Pin struct {
	CID     string `json:"cid"`
	State   string `json:"state"`
	Blocks  int    `json:"blocks"`
	Bytes   int64  `json:"bytes"`
	Failure string `json:"failure"`
}

// Node is what a node says of itself.
type Node struct {
	PeerID  string   `json:"peerId"`
	Addrs   []string `json:"addrs"`
	Version string   `json:"version"`
	Peers   int      `json:"peers"`
	Storage Storage  `json:"storage"`
}

// Storage is how much a node keeps, in bytes.
type Storage struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"` // 0: none
}

// Release returns one release; models.ErrNotFound when there is none to see.
func (c *Client) Release(ctx context.Context, id string) (Release, error) {
	var r Release
	return r, c.call(ctx, http.MethodGet, "/releases/"+id, nil, &r)
}

// Node returns the node's identity and addresses.
func (c *Client) Node(ctx context.Context) (Node, error) {
	var n Node
	return n, c.call(ctx, http.MethodGet, "/node", nil, &n)
}

// Pin asks the node to keep root; it answers before the blocks are there.
func (c *Client) Pin(ctx context.Context, root string) (Pin, error) {
	var p Pin
	return p, c.call(ctx, http.MethodPost, "/pins", map[string]string{"cid": root}, &p)
}

// PinState returns how far a pin has come.
func (c *Client) PinState(ctx context.Context, root string) (Pin, error) {
	var p Pin
	return p, c.call(ctx, http.MethodGet, "/pins/"+root, nil, &p)
}

// Unpin lets the node drop root.
func (c *Client) Unpin(ctx context.Context, root string) error {
	return c.call(ctx, http.MethodDelete, "/pins/"+root, nil, nil)
}

// Healthy reports whether the node answers.
func (c *Client) Healthy(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := c.http.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// call sends one request below /api/v1 and decodes the answer into out.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		body = bytes.NewReader(data)
	}
	res, err := c.send(ctx, method, c.base+"/api/v1"+path, body, http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 8<<20)).Decode(out); err != nil {
		return fmt.Errorf("client: %s %s: unreadable answer: %w", method, path, err)
	}
	return nil
}

// send sends one request with the account's token and turns a refusal into an
// error of the models' sentinels. The caller closes the answer's body.
func (c *Client) send(ctx context.Context, method, url string, body io.Reader, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if sized, ok := body.(interface{ Size() int64 }); ok {
		req.ContentLength = sized.Size()
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("client: %w: %w", models.ErrUnavailable, err)
	}
	if res.StatusCode >= 300 {
		defer func() { _ = res.Body.Close() }()
		return nil, refusal(res)
	}
	return res, nil
}
