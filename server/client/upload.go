package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"runnel/models"
)

// chunk is how many bytes one PATCH carries: small enough that progress is
// acknowledged often, large enough that round trips do not show.
const chunk = 32 << 20

// Upload is an upload on the node that may be taken up again.
type Upload struct {
	URL     string `json:"url"`
	Release string `json:"release"`
}

// Create begins an upload of size bytes with the given metadata.
func (c *Client) Create(ctx context.Context, size int64, metadata map[string]string) (Upload, error) {
	res, err := c.send(ctx, http.MethodPost, c.base+"/api/v1/uploads", nil, http.Header{
		"Tus-Resumable":   {"1.0.0"},
		"Upload-Length":   {strconv.FormatInt(size, 10)},
		"Upload-Metadata": {encode(metadata)},
	})
	if err != nil {
		return Upload{}, err
	}
	_ = res.Body.Close()
	at, err := c.resolve(res.Header.Get("Location"))
	if err != nil {
		return Upload{}, err
	}
	return Upload{URL: at, Release: res.Header.Get("Runnel-Release")}, nil
}

// resolve makes a Location absolute and keeps it on this node: a token never
// goes to another host.
func (c *Client) resolve(location string) (string, error) {
	base, err := url.Parse(c.base + "/api/v1/uploads")
	if err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	at, err := base.Parse(location)
	if err != nil || location == "" {
		return "", fmt.Errorf("client: %w: no address of the upload", models.ErrInvalid)
	}
	at.Scheme, at.Host = base.Scheme, base.Host
	return at.String(), nil
}

// Offset returns how many bytes the node has acknowledged.
func (c *Client) Offset(ctx context.Context, u Upload) (int64, error) {
	res, err := c.send(ctx, http.MethodHead, u.URL, nil, http.Header{"Tus-Resumable": {"1.0.0"}})
	if err != nil {
		return 0, err
	}
	_ = res.Body.Close()
	offset, err := strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("client: %w: bad Upload-Offset", models.ErrInvalid)
	}
	return offset, nil
}

// Send sends source from where the node stands to its end, size, and calls
// progress with the bytes sent. It returns at the first error; calling it again
// resumes.
func (c *Client) Send(ctx context.Context, u Upload, source io.ReaderAt, size int64, progress func(sent int64)) error {
	offset, err := c.Offset(ctx, u)
	if err != nil {
		return err
	}
	progress(offset)
	for offset < size {
		n := min(chunk, size-offset)
		body := &counted{SectionReader: io.NewSectionReader(source, offset, n), at: offset, progress: progress}
		next, err := c.patch(ctx, u, offset, body)
		if err != nil {
			return err
		}
		if next <= offset {
			return fmt.Errorf("client: %w: the server took no bytes", models.ErrUnavailable)
		}
		offset = next
	}
	return nil
}

func (c *Client) patch(ctx context.Context, u Upload, offset int64, body io.Reader) (int64, error) {
	res, err := c.send(ctx, http.MethodPatch, u.URL, body, http.Header{
		"Tus-Resumable": {"1.0.0"},
		"Content-Type":  {"application/offset+octet-stream"},
		"Upload-Offset": {strconv.FormatInt(offset, 10)},
	})
	if errors.Is(err, models.ErrExists) { // another offset: ask where the node stands
		return c.Offset(ctx, u)
	}
	if err != nil {
		return 0, err
	}
	_ = res.Body.Close()
	next, err := strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("client: %w: bad Upload-Offset", models.ErrInvalid)
	}
	return next, nil
}

// counted reports bytes as they are read for sending.
type counted struct {
	*io.SectionReader
	at       int64
	progress func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.SectionReader.Read(p)
	c.at += int64(n)
	if n > 0 {
		c.progress(c.at)
	}
	return n, err
}

func encode(metadata map[string]string) string {
	pairs := make([]string, 0, len(metadata))
	for key, value := range metadata {
		if value != "" {
			pairs = append(pairs, key+" "+base64.StdEncoding.EncodeToString([]byte(value)))
		}
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}
