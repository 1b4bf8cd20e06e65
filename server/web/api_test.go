package web

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

func decode(t *testing.T, res *http.Response, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(t, res)), out); err != nil {
		t.Fatalf("%d %s: %v", res.StatusCode, text(t, res), err)
	}
}

// scrub replaces what differs from run to run: random ids, keys and tokens.
var scrub = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`k51[a-z0-9]{50,}`), "k51CHANNEL"},
	{regexp.MustCompile(`bafy[a-z2-7]{50,}`), "bafyROOT"},
	{regexp.MustCompile(`/media/[A-Za-z0-9_-]{60,}`), "/media/TOKEN"},
	{regexp.MustCompile(`"3[2-7a-z]{12}"|/3[2-7a-z]{12}\b`), "TID"},
	{regexp.MustCompile(`[0-9a-f]{32}`), "UPLOAD"},
	{regexp.MustCompile(`rnl_[A-Za-z0-9_-]{43}`), "rnl_SECRET"},
	{regexp.MustCompile(`("id": ")[a-z2-7]{12,}"`), `${1}SHORT"`},
	{regexp.MustCompile(`("recoveryKey": ")[A-Z2-7]+"`), `${1}KEY"`},
	{regexp.MustCompile(`("bytes": )[0-9]{4,}`), `${1}"N"`},
}

func golden(t *testing.T, name string, res *http.Response) {
	t.Helper()
	var v any
	decode(t, res, &v)
	b, err := json.MarshalIndent(v, "", "  ")
	must(t, err)
	got := fmt.Sprintf("%d %s\n%s\n", res.StatusCode, res.Header.Get("Content-Type"), b)
	for _, s := range scrub {
		got = s.what.ReplaceAllString(got, s.with)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs:\n%s\nwant\n%s", file, got, want)
	}
}

// TestGoldens keeps every answer of the API as a file: the page and the CLI read
// the same shapes.
func TestGoldens(t *testing.T) {
	n := newNode(t)
	ada, mod := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator)
	public := n.final(ada, models.Public)
	job, _ := n.transcoding(ada, models.Public)
	private := n.final(ada, models.Private)
	n.sendUpload(ada, "9", "filename "+"Y2xpcC5tcDQ=")
	down := n.final(ada, models.Public)
	must(t, n.cat.SetStanding(t.Context(), down.ID, models.StandingTakenDown, "Copyright claim.", mod.account.ID, -1))
	post := func(path, body string) *http.Response {
		return n.do(request{method: "POST", path: apiPath + path, as: &ada, body: body})
	}
	for name, res := range map[string]*http.Response{
		"release_final":       n.get(apiPath+"/releases/"+public.ID, nil),
		"release_mine":        n.get(apiPath+"/releases/"+private.ID, &ada),
		"release_transcoding": n.get(apiPath+"/releases/"+job.ReleaseID, nil),
		"release_taken_down":  n.get(apiPath+"/releases/"+down.ID, nil),
		"release_missing":     n.get(apiPath+"/releases/3zzzzzzzzzzzz", nil),
		"releases_public":     n.get(apiPath+"/releases?scope=public", nil),
		"releases_first":      n.get(apiPath+"/releases?limit=1&scope=public", nil),
		"releases_bad_limit":  n.get(apiPath+"/releases?limit=1000000000", nil),
		"me":                  n.get(apiPath+"/me", &ada),
		"me_visitor":          n.get(apiPath+"/me", nil),
		"node":                n.get(apiPath+"/node", nil),
		"uploads":             n.get(apiPath+"/uploads", &ada),
		"sign_in":             n.signIn(goodSignIn, nil),
		"sign_in_wrong":       n.signIn(`{"name":"ada","password":"wrong"}`, nil),
		"token":               post("/tokens", `{"label":"laptop","scope":"upload","days":30}`),
		"tokens":              n.get(apiPath+"/tokens", &mod),
		"pin":                 post("/pins", `{"cid":"`+someRoot+`"}`),
		"pin_bad":             post("/pins", `{"cid":"nonsense"}`),
		"edit_bad":            n.do(request{method: "PATCH", path: apiPath + "/releases/" + public.ID, as: &ada, body: `{"title":5,"role":"admin"}`}),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, res) })
	}
	t.Run("pins", func(t *testing.T) { golden(t, "pins", n.get(apiPath+"/pins", &ada)) })
	t.Run("readyz", func(t *testing.T) { golden(t, "readyz", n.get("/readyz", nil)) })
	t.Run("openapi", func(t *testing.T) { golden(t, "openapi", n.get(apiPath+"/openapi.json", nil)) })
}

// TestHostileJSON is the bar's rows B1 to B8: 400 with a code, quickly.
func TestHostileJSON(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	for name, body := range map[string]string{
		"empty": ` `, "null": `null`, "an array": `[]`, "a string": `"x"`, "a number": `7`,
		"deep": strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), "duplicate": `{"title":"a","title":"b"}`,
		"trailing": `{"title":"a"} x`, "NaN": `{"title":NaN}`, "lone surrogate": `{"title":"\ud800"}`,
		"bad UTF-8": "{\"title\":\"\xff\"}", "wrong type": `{"title":{}}`, "too long": `{"title":"` + strings.Repeat("a", 300) + `"}`,
		"unknown field": `{"role":"admin","owner_id":1,"published_at":"2020"}`, "many tags": `{"tags":[` + strings.Repeat(`"a",`, 40) + `"a"]}`,
		"enum": `{"visibility":"everyone"}`, "null title": `{"title":null}`, "bad language": `{"language":"not a language"}`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			res := n.do(request{method: "PATCH", path: apiPath + "/releases/" + r.ID, as: &p, body: body})
			var problem Problem
			decode(t, res, &problem)
			if name == "null title" && res.StatusCode == 200 {
				return // null is the same as absent
			}
			if res.StatusCode != 400 || problem.Code == "" || problem.Status != 400 || res.Header.Get("Content-Type") != problemType {
				t.Errorf("%d %s", res.StatusCode, text(t, res))
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	res := n.do(request{method: "PATCH", path: apiPath + "/releases/" + r.ID, as: &p, body: `{"description":"` + strings.Repeat("a", 1<<20) + `"}`})
	if res.StatusCode != 413 && res.StatusCode != 400 {
		t.Errorf("1 MB: %d", res.StatusCode)
	}
	now, err := n.cat.Release(t.Context(), r.ID)
	must(t, err)
	if now.Title != r.Title || now.AccountID != r.AccountID || now.Visibility != r.Visibility {
		t.Errorf("a refused edit changed the release: %+v", now)
	}
}

// TestHostileQueries is the bar's rows B9 to B19.
func TestHostileQueries(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	for _, q := range []string{"limit=-1", "limit=1000000000", "limit=x", "cursor=forged", "cursor=" + r.ID, "sort=name;drop", "sort=password_hash",
		"page=-1", "kind=x", "state=x", "scope=x", "q=" + strings.Repeat("a", 10_000)} {
		if res := n.get(apiPath+"/releases?"+q, nil); res.StatusCode != 400 {
			t.Errorf("%.40s: %d", q, res.StatusCode)
		}
	}
	for _, q := range []string{"%", "_", "'", `"`, "*", "NEAR(a b)", "title:film", "film OR", "AND", "-film", "(", ")", "^a", "a\"b", "", "שלום", "\u202egnp", "film*", "{title}:x", "\\"} {
		start := time.Now()
		if res := n.get(apiPath+"/releases?q="+url.QueryEscape(q), nil); res.StatusCode != 200 || time.Since(start) > time.Second {
			t.Errorf("%q: %d in %v %s", q, res.StatusCode, time.Since(start), text(t, res))
		}
	}
	if res := n.get(apiPath+"/releases?q=%00", nil); res.StatusCode != 400 {
		t.Errorf("NUL: %d", res.StatusCode)
	}
	if res := n.get(apiPath+"/releases?q=film", nil); !strings.Contains(text(t, res), r.ID) {
		t.Errorf("search finds nothing: %s", text(t, res))
	}
	for _, id := range []string{strings.ToUpper(r.ID), r.ID + "2", r.ID[:12], "..", "%2e%2e", "a%00b", strings.Repeat("a", 5000)} {
		if res := n.get(apiPath+"/releases/"+id, nil); res.StatusCode != 404 {
			t.Errorf("%.20q: %d", id, res.StatusCode)
		}
	}
}

func TestPages(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	want := map[string]bool{}
	for range 5 {
		want[n.final(p, models.Public).ID] = true
	}
	n.final(p, models.Unlisted)
	cursor := ""
	for pages := 0; pages == 0 || cursor != ""; pages++ {
		res := n.get(apiPath+"/releases?limit=2&cursor="+cursor, nil)
		var page struct {
			Items []Release
			Next  string
		}
		decode(t, res, &page)
		for _, r := range page.Items {
			if !want[r.ID] {
				t.Errorf("%s stands twice or should not be here", r.ID)
			}
			delete(want, r.ID)
		}
		if cursor = page.Next; pages > 5 {
			t.Fatal("the pages do not end")
		}
	}
	if len(want) != 0 {
		t.Errorf("missing: %v", want)
	}
}

// TestNoInternalText: what goes wrong inside stays inside.
func TestNoInternalText(t *testing.T) {
	n := newNode(t, func(_ *Config, d *Deps) { d.Node = func() NodeInfo { panic(errBroken) } })
	res := n.get(apiPath+"/node", nil)
	if got := text(t, res); res.StatusCode != 500 || strings.Contains(got, "secret") || !strings.Contains(got, `"code":"internal"`) {
		t.Errorf("%d %s", res.StatusCode, got)
	}
	if !strings.Contains(n.log.String(), "/srv/secret/path") {
		t.Error("the operator cannot find it in the log")
	}
	for err, want := range map[error]string{
		fmt.Errorf("x: %w: /srv/secret", models.ErrUnavailable):                                      "503 unavailable",
		fmt.Errorf("x: %w", models.NewFault(models.ErrUnavailable, "insufficient_storage", "Full.")): "507 insufficient_storage",
		fmt.Errorf("x: %w", models.NewFault(models.ErrUnavailable, "media_lost", "Gone.")):           "502 media_lost",
		fmt.Errorf("x: %w: secret", models.ErrCorrupt):                                               "502 corrupt",
		fmt.Errorf("x: %w", models.ErrExists):                                                        "409 exists",
		models.ErrTooLarge:                                                                           "413 too_large",
		models.NewFault(models.ErrInvalid, "bad", "Bad."):                                            "400 bad",
		errBroken: "500 internal",
	} {
		p := problemOf(err)
		if got := fmt.Sprintf("%d %s", p.Status, p.Code); got != want || strings.Contains(p.Detail, "secret") {
			t.Errorf("%v: %s %s, want %s", err, got, p.Detail, want)
		}
	}
}
