package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
	"runnel/models/catalog"
)

// besideDesk notes what is to stand beside a release; package server has the
// real one.
type besideDesk struct{ n *node }

func (besideDesk) SetCover(_ context.Context, _ string, picture io.Reader) error {
	_, err := io.Copy(io.Discard, picture)
	return err
}
func (besideDesk) DropCover(context.Context, string) error                     { return nil }
func (besideDesk) Captions(context.Context, string) ([]Captions, error)        { return nil, nil }
func (besideDesk) AddCaptions(context.Context, string, []byte, Captions) error { return nil }
func (besideDesk) DropCaptions(context.Context, string, string) error          { return nil }

const originalText = "the bytes as they were uploaded"

func (d besideDesk) Original(_ context.Context, id string) (*Original, error) {
	if strings.HasPrefix(id, "none") {
		return nil, models.ErrNotFound
	}
	return &Original{Body: nopCloser{bytes.NewReader([]byte(originalText))}, Name: "../../Fílm \"1\"\r\n.mp4", Changed: d.n.clock.now()}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// amend gives a release a next revision, of other bytes.
func (n *node) amend(r models.Release) models.Release {
	n.t.Helper()
	sum, err := multihash.Sum(fmt.Appendf(nil, "%s %d", r.ID, r.Rev), multihash.SHA2_256, -1)
	must(n.t, err)
	ctx := context.WithoutCancel(n.t.Context())
	must(n.t, n.cat.Amend(ctx, r.ID, catalog.Publication{Root: cid.NewCidV1(cid.DagProtobuf, sum), Bytes: 7, Duration: r.Duration,
		Poster: r.Poster, Rev: r.Rev + 1, Supersedes: r.Manifest, Own: 3}))
	next, err := n.cat.Release(ctx, r.ID)
	must(n.t, err)
	return next
}

// TestRevisions: whoever may watch a release may watch what it was, and a token
// goes on opening the revision that it was made for.
func TestRevisions(t *testing.T) {
	n := newNode(t)
	owner := n.join("ada", models.RoleCreator)
	for _, v := range []models.Visibility{models.Public, models.Private} {
		first := n.final(owner, v)
		before, _ := n.web.playURLs(Caller{Account: owner.account}, &first, n.clock.now())
		second := n.amend(first)
		var list struct{ Items []RevisionView }
		n.json(request{method: "GET", path: apiPath + "/releases/" + first.ID + "/revisions", as: &owner}, &list)
		if len(list.Items) != 2 || list.Items[0].Manifest != second.Manifest.String() || !list.Items[0].Latest || list.Items[1].EndedAt == nil {
			t.Fatalf("%s: %+v", v, list.Items)
		}
		for _, url := range []string{before, list.Items[1].MasterURL} {
			path := strings.TrimPrefix(url, "http://localhost:8080")
			if res := n.do(request{method: "GET", path: path}); res.StatusCode != 200 {
				t.Errorf("%s: the earlier revision at %s: %d", v, path, res.StatusCode)
			}
		}
		if res := n.do(request{method: "DELETE", path: apiPath + "/releases/" + first.ID + "/revisions/1", as: &owner}); res.StatusCode != 204 {
			t.Errorf("delete: %d", res.StatusCode)
		}
		path := strings.TrimPrefix(before, "http://localhost:8080")
		if res := n.do(request{method: "GET", path: path}); res.StatusCode != 404 {
			t.Errorf("%s: what is forgotten still plays: %d", v, res.StatusCode)
		}
		if res := n.do(request{method: "DELETE", path: apiPath + "/releases/" + first.ID + "/revisions/2", as: &owner}); res.StatusCode != 400 {
			t.Errorf("the latest one: %d", res.StatusCode)
		}
	}
}

// TestSource: the original goes to its owner as a download that is safe to name.
func TestSource(t *testing.T) {
	n := newNode(t)
	owner := n.join("ada", models.RoleCreator)
	path := apiPath + "/releases/" + n.final(owner, models.Public).ID + "/source"
	res := n.get(path, &owner)
	want := `attachment; filename*=utf-8''F%C3%ADlm%20%221%22%20.mp4`
	if got := res.Header.Get("Content-Disposition"); got != want || text(t, res) != originalText {
		t.Errorf("%q, not %q", got, want)
	}
	if h := res.Header; h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", h)
	}
	for ranged, want := range map[string]string{"bytes=4-8": "bytes", "bytes=-8": "uploaded", "bytes=0-2,5-7": originalText} {
		res := n.do(request{method: "GET", path: path, as: &owner, header: http.Header{"Range": {ranged}}})
		if got := text(t, res); got != want {
			t.Errorf("%s: %q", ranged, got)
		}
	}
	for name, want := range map[string]string{"": "A title.original", "..": "A title.original", `C:\x\a.mkv`: "a.mkv", "a/../.htaccess": "A title.original"} {
		if got := originalName(name, "A title"); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// TestSchedule: a time is kept, shown to the owner alone, and called off.
func TestSchedule(t *testing.T) {
	n := newNode(t)
	owner := n.join("ada", models.RoleCreator)
	id := n.final(owner, models.Public).ID
	at := n.clock.now().Add(time.Hour).UTC().Truncate(time.Second)
	edit := func(body string) (r Release) {
		n.json(request{method: "PATCH", path: apiPath + "/releases/" + id, as: &owner, body: body}, &r)
		return r
	}
	r := edit(`{"publishAt":"` + at.Format(time.RFC3339) + `","visibility":"unlisted"}`)
	if r.Visibility != "private" || r.PublishAt == nil || !r.PublishAt.Equal(at) || r.PublishAs != "unlisted" {
		t.Errorf("%+v", r)
	}
	if res := n.get(apiPath+"/releases/"+id, nil); res.StatusCode != 404 {
		t.Errorf("before its time: %d", res.StatusCode)
	}
	for _, bad := range []string{`{"publishAt":"tomorrow"}`, `{"publishAt":"0001-01-01T00:00:00Z"}`, `{"publishAt":"` + at.Format(time.RFC3339) + `","visibility":"private"}`} {
		if res := n.do(request{method: "PATCH", path: apiPath + "/releases/" + id, as: &owner, body: bad}); res.StatusCode != 400 {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
	if r := edit(`{"publishAt":""}`); r.PublishAt != nil || r.Visibility != "private" {
		t.Errorf("called off: %+v", r)
	}
}

// TestLimits: an administrator sets them, and they are told.
func TestLimits(t *testing.T) {
	n := newNode(t)
	owner, admin := n.join("ada", models.RoleCreator), n.join("root", models.RoleAdmin)
	res := n.do(request{method: "PUT", path: apiPath + "/accounts/ada/limits", as: &admin, body: `{"bytes":9,"releases":null,"uploads":null,"jobs":null}`})
	if res.StatusCode != 200 || !strings.Contains(text(t, res), `"own":{"bytes":9,"releases":null`) {
		t.Errorf("%d", res.StatusCode)
	}
	if res := n.sendUpload(owner, "10", ""); res.StatusCode != http.StatusInsufficientStorage || !strings.Contains(text(t, res), `"code":"quota"`) {
		t.Errorf("beyond the limit: %d", res.StatusCode)
	}
	if res := n.sendUpload(owner, "9", ""); res.StatusCode != 201 {
		t.Errorf("up to the limit: %d", res.StatusCode)
	}
	var share Share
	n.json(request{method: "GET", path: apiPath + "/me/storage", as: &owner}, &share)
	if share.Used.Bytes != 9 || share.Limits.Bytes != 9 || share.Used.Open != 1 {
		t.Errorf("%+v", share)
	}
	if res := n.do(request{method: "PUT", path: apiPath + "/accounts/nobody/limits", as: &admin, body: `{"bytes":9,"releases":null,"uploads":null,"jobs":null}`}); res.StatusCode != 404 {
		t.Errorf("nobody: %d", res.StatusCode)
	}
	if !errors.Is(n.cat.SetLimits(t.Context(), 99, catalog.OwnLimits{}), models.ErrNotFound) {
		t.Error("an account that is not there")
	}
}

// json sends a request that is answered with JSON.
func (n *node) json(r request, to any) {
	n.t.Helper()
	res := n.do(r)
	body := text(n.t, res)
	if res.StatusCode >= 300 {
		n.t.Fatalf("%s %s: %d %s", r.method, r.path, res.StatusCode, body)
	}
	must(n.t, json.Unmarshal([]byte(body), to))
}
