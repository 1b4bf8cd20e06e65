package web

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

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
	links := regexp.MustCompile(`<link rel="(?:preload|modulepreload)"[^>]* href="([^"]*)">`).FindAllStringSubmatch(body, -1)
	want := []string{"/assets/Watch-0a1b.js", "?format=raw", "/manifest.json", "/master.m3u8", "/v/360p24/index.m3u8", "/v/360p24/init.mp4", "/v/360p24/00/00000.m4s"}
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

// TestWatchPageKeepsSecrets: a release that not everybody may watch is not in
// its page, whoever asks.
func TestWatchPageKeepsSecrets(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	private := n.final(p, models.Private).ID
	down := n.final(p, models.Public)
	must(t, n.cat.SetStanding(t.Context(), down.ID, models.StandingTakenDown, "", p.account.ID))
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

// TestScriptsAreSentCompressed to whoever takes that, and to nobody else.
func TestScriptsAreSentCompressed(t *testing.T) {
	n := newNode(t)
	const file = "/assets/Watch-0a1b.js"
	whole := text(t, n.get(file, nil))
	for accept, packed := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "br": false, "gzip;q=x": false, "identity": false,
	} {
		res := n.do(request{method: "GET", path: file, header: http.Header{"Accept-Encoding": {accept}}})
		var body io.Reader = res.Body
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != packed || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", accept, res.Header)
			continue
		}
		if packed {
			var err error
			body, err = gzip.NewReader(res.Body)
			must(t, err)
		}
		data, err := io.ReadAll(body)
		must(t, err)
		if string(data) != whole {
			t.Errorf("%s: %d bytes, want %d", accept, len(data), len(whole))
		}
	}
}
