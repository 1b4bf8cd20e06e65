package web

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"path"
	"time"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/transcode/hls"
)

// What a page holds of its release's files. Asked for one by one they take three
// round trips over six connections; in the page they take none, and packed they
// fit the first ten packets, which TCP sends without waiting (RFC 6928).
const (
	givenFile = 8 << 10               // bytes of a file at most
	givenAll  = 24 << 10              // and of all
	givenTime = 50 * time.Millisecond // a page does not wait for peers
)

const manifestPath = "manifest.json"

var errLarge = errors.New("too large for a page")

// given returns the small files that the first picture takes: texts as they are,
// the others in base64, the root's own block under "". The player checks them like
// all that it gets. What is not here at once or too large is in links, with the
// first segments.
func (s *Server) given(ctx context.Context, root cid.Cid, start []models.Rendition) (files map[string]string, links []string) {
	ctx, cancel := context.WithTimeout(ctx, givenTime)
	defer cancel()
	files, left := map[string]string{}, givenAll
	for _, r := range start {
		links = append(links, "/"+hls.SegmentPath(r.ID, 0))
	}
	for _, file := range firstFiles(start) {
		data, err := s.small(ctx, root, file, min(left, givenFile))
		told, fits := asText(file, data)
		if err == nil && fits {
			files[file] = told
			left -= len(data)
		} else {
			links = append(links, linkTo(file))
		}
	}
	return files, links
}

// small reads a file of at most limit bytes.
func (s *Server) small(ctx context.Context, root cid.Cid, file string, limit int) ([]byte, error) {
	if file == "" {
		block, err := s.deps.Delivery.Raw(ctx, root)
		if err == nil && len(block) > limit {
			err = errLarge
		}
		return block, err
	}
	content, err := s.deps.Delivery.Open(ctx, root, file)
	if err != nil {
		return nil, err
	}
	if content.Closer != nil {
		defer func() { _ = content.Closer.Close() }()
	}
	if content.Size > int64(limit) {
		return nil, errLarge
	}
	return io.ReadAll(content.Body)
}

// asText returns what stands for a file's bytes in JSON, if anything can.
func asText(file string, data []byte) (string, bool) {
	switch path.Ext(file) {
	case ".json", ".m3u8":
		return string(data), utf8.Valid(data)
	}
	return base64.StdEncoding.EncodeToString(data), true
}

func linkTo(file string) string {
	if file == "" {
		return "?format=raw"
	}
	return "/" + file
}

// firstFiles lists what the first picture and sound take beside their segments,
// by path in the release; "" is the root's own block.
func firstFiles(start []models.Rendition) []string {
	files := []string{"", manifestPath, hls.MasterPath}
	for _, name := range []func(r models.Rendition) string{
		func(r models.Rendition) string { return hls.PlaylistPath(r.ID) },
		func(r models.Rendition) string { return hls.InitPath(r.ID) },
		func(r models.Rendition) string { return r.Hashes },
	} {
		for _, r := range start {
			if file := name(r); file != "" {
				files = append(files, file)
			}
		}
	}
	return files
}
