package web

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/catalog"
)

// told is what a page says of its release, if anything.
func told(t *testing.T, body string) (o opening, said bool) {
	t.Helper()
	found := regexp.MustCompile(`<script type="application/json" id="opening">(.*)</script>`).FindStringSubmatch(body)
	if found == nil {
		return o, false
	}
	must(t, json.Unmarshal([]byte(found[1]), &o))
	return o, true
}

// TestWatchPageHoldsItsRelease: the page says what its release is, and each file
// that it links can be had.
func TestWatchPageHoldsItsRelease(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Unlisted)
	title := `</script><script>alert("x")</script>`
	_, err := n.cat.UpdateRelease(t.Context(), r.ID, catalog.Patch{Title: &title})
	must(t, err)
	res := n.get("/watch/"+r.ID, nil)
	body := text(t, res)
	o, said := told(t, body)
	if !said || o.Release.ID != r.ID || o.Release.Title != title || o.Release.Mine || o.Start != "v/360p24" || strings.Contains(body, "<script>alert") {
		t.Fatalf("page: %+v\n%s", o, body)
	}
	links := regexp.MustCompile(`<link rel="(?:preload|modulepreload|stylesheet)"[^>]* href="([^"]*)">`).FindAllStringSubmatch(body, -1)
	want := []string{"/assets/Watch-0a1b.js", "/assets/app-0a1b.js", "/assets/Watch-0a1b.css", "/v/360p24/00/00000.m4s"}
	for i, link := range links {
		if i >= len(want) || !strings.HasSuffix(link[1], want[i]) {
			t.Errorf("link %d to %s, want %v", i, link[1], want)
		}
		if res := n.get(link[1], nil); res.StatusCode != 200 {
			t.Errorf("%s: %d", link[1], res.StatusCode)
		}
	}
	if len(links) != len(want) || strings.Index(body, "modulepreload") > strings.Index(body, "</head>") {
		t.Errorf("links %v, want %v", links, want)
	}
	tag := res.Header.Get("ETag")
	if tag == n.get("/", nil).Header.Get("ETag") {
		t.Error("a page with its release has the tag of one without")
	}
}

// TestWatchPageHoldsSmallFiles: what a page holds of its release's files are
// their bytes; what is too large, or not here, is linked instead.
func TestWatchPageHoldsSmallFiles(t *testing.T) {
	n := newNode(t)
	r := n.final(n.join("ada", models.RoleCreator), models.Public)
	o, _ := told(t, text(t, n.get("/watch/"+r.ID, nil)))
	base, names := ipfsPath+r.Manifest.String(), []string{"", "manifest.json", "master.m3u8", "v/360p24/index.m3u8", "v/360p24/init.mp4"}
	for _, name := range names {
		want := text(t, n.get(base+linkTo(name), nil))
		if got := bytesOf(t, name, o.Files[name]); string(got) != want || want == "" {
			t.Errorf("%q: the page holds %q, want %q", name, got, want)
		}
	}
	if len(o.Files) != len(names) {
		t.Errorf("the page holds %d files, want %v", len(o.Files), names)
	}
	if _, err := n.web.small(t.Context(), r.Manifest, "master.m3u8", 10); !errors.Is(err, errLarge) {
		t.Errorf("a file that is too large: %v", err)
	}
	elsewhere := cid.MustParse("bafybeigryfl64jxq6hwoufabyrmwimqxecjufdxd3abvhsmwj7bkiyyega")
	files, links := n.web.given(t.Context(), elsewhere, []models.Rendition{n.rendition()})
	want := []string{"/v/360p24/00/00000.m4s", "?format=raw", "/manifest.json", "/master.m3u8", "/v/360p24/index.m3u8", "/v/360p24/init.mp4"}
	if len(files) > 0 || !slices.Equal(links, want) {
		t.Errorf("files %v and links %v, want %v", files, links, want)
	}
}

func bytesOf(t *testing.T, name, told string) []byte {
	t.Helper()
	if ext := path.Ext(name); ext == ".json" || ext == ".m3u8" {
		return []byte(told)
	}
	data, err := base64.StdEncoding.DecodeString(told)
	must(t, err)
	return data
}

// TestWatchPageKeepsSecrets: a release that not everybody may watch is not in
// its page, whoever asks.
func TestWatchPageKeepsSecrets(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	private := n.final(p, models.Private).ID
	down := n.final(p, models.Public)
	must(t, n.cat.SetStanding(t.Context(), down.ID, models.StandingTakenDown, "", p.account.ID, -1))
	job, _ := n.transcoding(p, models.Public)
	for name, page := range map[string]string{
		"private": "/watch/" + private, "taken down": "/watch/" + down.ID, "not final": "/watch/" + job.ReleaseID,
		"none": "/watch/3zzzzzzzzzzzz", "no id": "/watch/x", "another page": "/studio/" + private,
	} {
		res := n.get(page, &p)
		body := text(t, res)
		if _, said := told(t, body); said || res.StatusCode != 200 || strings.Contains(body, "preload") {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
}

// TestTextsAreSentCompressed to whoever takes that, and to nobody else.
func TestTextsAreSentCompressed(t *testing.T) {
	n := newNode(t)
	const script, style = "/assets/Watch-0a1b.js", "/assets/app-0a1b.css"
	page := "/watch/" + n.final(n.join("ada", models.RoleCreator), models.Public).ID
	for _, c := range []struct{ file, accept, want string }{
		{script, "gzip", "gzip"}, {script, "gzip, deflate, br, zstd", "br"}, {script, "br", "br"}, {script, "br;q=0, GZIP;q=0.5", "gzip"},
		{script, "gzip;q=0", ""}, {script, "gzip;q=x", ""}, {script, "identity", ""},
		{style, "br, gzip", "gzip"}, {style, "br", ""}, // it was not packed by the build
		{page, "br, gzip", "gzip"}, {page, "br", ""}, {"/studio", "gzip", ""},
	} {
		whole := text(t, n.get(c.file, nil))
		res := n.do(request{method: "GET", path: c.file, header: http.Header{"Accept-Encoding": {c.accept}}})
		if got := res.Header.Get("Content-Encoding"); got != c.want || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s for %s: %v", c.file, c.accept, res.Header)
			continue
		}
		if got := unpacked(t, res, whole); got != whole {
			t.Errorf("%s for %s: %d bytes, want %d", c.file, c.accept, len(got), len(whole))
		}
	}
}

// unpacked is what an answer says; of Brotli, which the build makes, only that it
// is what the build made.
func unpacked(t *testing.T, res *http.Response, whole string) string {
	t.Helper()
	switch res.Header.Get("Content-Encoding") {
	case "br":
		if said := text(t, res); said != string(testPages()["assets/Watch-0a1b.js.br"].Data) {
			return said
		}
		return whole
	case "gzip":
		body, err := gzip.NewReader(res.Body)
		must(t, err)
		data, err := io.ReadAll(body)
		must(t, err)
		return string(data)
	}
	return text(t, res)
}
