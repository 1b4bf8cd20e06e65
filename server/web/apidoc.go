package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// describeRest adds to the description the operations that are not JSON calls:
// uploads, events and media.
func describeRest(doc *huma.OpenAPI) {
	for _, o := range []struct {
		id, method, path, summary, status, text string
	}{
		{"discover-uploads", http.MethodOptions, "/uploads", "tus 1.0.0: what this node supports", "200", "Tus-Version, Tus-Extension, Tus-Max-Size."},
		{"create-upload", http.MethodPost, "/uploads", "tus 1.0.0: begin an upload", "201", "Location and Runnel-Release name the upload and its release."},
		{"upload-offset", http.MethodHead, "/uploads/{id}", "tus 1.0.0: how many bytes are here", "200", "Upload-Offset, Upload-Length, Runnel-Release."},
		{"append-upload", http.MethodPatch, "/uploads/{id}", "tus 1.0.0: send bytes from an offset", "204", "Upload-Offset: the bytes now on disk."},
		{"delete-upload", http.MethodDelete, "/uploads/{id}", "tus 1.0.0: give an upload up", "204", "Gone."},
		{"set-cover", http.MethodPut, "/releases/{id}/cover", "Make a picture the cover of a release (JPEG, PNG, WebP; 20 MB)", "200", "The release, with its next revision. What goes out is a JPEG made here."},
		{"add-captions", http.MethodPost, "/releases/{id}/captions", "Add captions (SRT, WebVTT; query: language, label, hearing)", "200", "The release, with its next revision."},
		{"download-source", http.MethodGet, "/releases/{id}/source", "The file that a release of yours was made of", "200", "The bytes as they were uploaded; ranges work."},
		{"follow-release", http.MethodGet, "/releases/{id}/events", "Follow a release (server-sent events)", "200", "`event: release` with a Release as data, whenever it changes, until it has ended."},
		{"live-master", http.MethodGet, "/releases/{id}/live/master.m3u8", "Play a release that is being transcoded", "307", "Location is a master playlist below /media."},
		{"audio-file", http.MethodGet, "/releases/{id}/audio.m4a", "The sound of a release as one file", "200", "Its best AAC in stereo, as fragmented MP4; ranges are served."},
		{"media-file", http.MethodGet, "/media/{token}/{path}", "A file of a release that is not served to everyone", "200", "The same tree and names as below /ipfs/{manifest}."},
	} {
		op := &huma.Operation{
			OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary,
			Responses: map[string]*huma.Response{o.status: {Description: o.text}},
		}
		for _, name := range pathParams(o.path) {
			op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
		doc.AddOperation(op)
	}
}

// pathParams returns the names in braces.
func pathParams(path string) (names []string) {
	start := -1
	for i, c := range path {
		switch {
		case c == '{':
			start = i + 1
		case c == '}' && start >= 0:
			names = append(names, path[start:i])
			start = -1
		}
	}
	return names
}
