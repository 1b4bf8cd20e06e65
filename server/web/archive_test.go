package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
)

func TestArchive(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	url := "/ipfs/" + r.Manifest.String() + "?format=car"
	var want bytes.Buffer
	must(t, blockset.ExportCAR(t.Context(), n.blocks, r.Manifest, &want))
	for _, path := range []string{url, "/ipfs/" + r.Manifest.String() + "/?format=car"} {
		res := n.get(path, nil)
		if body := text(t, res); res.StatusCode != 200 || body != want.String() {
			t.Errorf("%s: %d, %d bytes", path, res.StatusCode, len(body))
		}
		for header, value := range map[string]string{
			"Content-Type": "application/vnd.ipld.car; version=1; order=dfs; dups=n", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="` + r.Manifest.String() + `.car"`, "Content-Security-Policy": mediaPolicy,
			"Cache-Control": "public, max-age=29030400, immutable", "ETag": `"` + r.Manifest.String() + `.car"`,
		} {
			if got := res.Header.Get(header); got != value {
				t.Errorf("%s is %q, want %q", header, got, value)
			}
		}
	}
	if res := n.do(request{method: "HEAD", path: url}); res.StatusCode != 200 || text(t, res) != "" {
		t.Errorf("HEAD: %d", res.StatusCode)
	}
	if res := n.do(request{method: "GET", path: url, header: http.Header{"If-None-Match": {`"` + r.Manifest.String() + `.car"`}}}); res.StatusCode != 304 {
		t.Errorf("the same tag: %d", res.StatusCode)
	}
	for path, status := range map[string]int{
		"/ipfs/" + r.Manifest.String() + "/master.m3u8?format=car":              404,
		"/ipfs/" + r.Manifest.String() + "?format=car&filename=x.html":          404,
		"/ipfs/" + n.final(p, models.Private).Manifest.String() + "?format=car": 404,
		"/ipfs/bafkqaaa?format=car":                                             404,
		"/ipfs/" + r.Manifest.String() + "?format=tar":                          404,
	} {
		if res := n.get(path, nil); res.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, status)
		}
	}
}

// halfway writes the beginning of an archive and fails.
type halfway struct{}

func (halfway) CAR(_ context.Context, _ cid.Cid, w io.Writer) error {
	_, _ = w.Write(make([]byte, 1<<20))
	return errors.New("a block is gone")
}

// TestArchiveCutOff: an archive that cannot be finished does not look finished.
func TestArchiveCutOff(t *testing.T) {
	n := newNode(t, func(c *Config, d *Deps) { d.Archives, c.Exports = halfway{}, 1 })
	r := n.final(n.join("ada", models.RoleCreator), models.Public)
	for range 2 { // the place of the first is free again
		res, err := http.Get(n.http.URL + "/ipfs/" + r.Manifest.String() + "?format=car")
		must(t, err)
		if _, err := io.ReadAll(res.Body); err == nil || res.StatusCode != 200 {
			t.Errorf("status %d, read ended with %v", res.StatusCode, err)
		}
		must(t, res.Body.Close())
	}
	n.web.exports <- struct{}{}
	if res := n.get("/ipfs/"+r.Manifest.String()+"?format=car", nil); res.StatusCode != 429 {
		t.Errorf("one more than are sent at a time: %d", res.StatusCode)
	}
}
