package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

const oneSegment = "v/360p24/00/00001.m4s" // holds a script

func TestServeFile(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	base := "/ipfs/" + r.Manifest.String() + "/"
	for path, body := range testFiles {
		res := n.get(base+path, nil)
		if res.StatusCode != 200 || text(t, res) != body || res.Header.Get("Content-Type") != contentType(path) ||
			res.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		file := n.put(path)
		for header, want := range map[string]string{
			"Cache-Control": "public, max-age=29030400, immutable", "ETag": `"` + file.CID.String() + `"`,
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Accept-Ranges": "bytes",
			"Vary": "", "Set-Cookie": "",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
	}
	for _, path := range []string{"manifest.json", "manifest.sig", "h/v-360p24.bin"} {
		if res := n.get(base+path, nil); res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if log := n.log.String(); !strings.Contains(log, `"source":"local"`) || strings.Contains(log, oneSegment) {
		t.Error("the log lacks the source or holds the path")
	}
}

func TestServeRanges(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	path, whole := "/ipfs/"+r.Manifest.String()+"/"+oneSegment, testFiles[oneSegment]
	tag := n.get(path, nil).Header.Get("ETag")
	size := strconv.Itoa(len(whole))
	for _, c := range []struct {
		name, header, value string
		status              int
		body, contentRange  string
	}{
		{"first bytes", "Range", "bytes=0-3", 206, whole[:4], "bytes 0-3/" + size},
		{"from the middle", "Range", "bytes=8-", 206, whole[8:], "bytes 8-" + strconv.Itoa(len(whole)-1) + "/" + size},
		{"the last", "Range", "bytes=-3", 206, whole[len(whole)-3:], "bytes " + strconv.Itoa(len(whole)-3) + "-" + strconv.Itoa(len(whole)-1) + "/" + size},
		{"past the end", "Range", "bytes=99999-", 416, "", "bytes */" + size},
		{"inverted", "Range", "bytes=9-3", 416, "", ""},
		{"overflow", "Range", "bytes=0-99999999999999999999", 416, "", ""},
		{"another unit", "Range", "lines=1-2", 416, "", ""},
		{"two", "Range", "bytes=0-0,2-2", 200, whole, ""},
		{"two thousand", "Range", "bytes=" + strings.Repeat("0-1,", 1999) + "0-1", 200, whole, ""},
		{"same tag", "If-None-Match", tag, 304, "", ""},
		{"weak tag", "If-None-Match", "W/" + tag, 304, "", ""},
		{"any tag", "If-None-Match", "*", 304, "", ""},
		{"another tag", "If-None-Match", `"x"`, 200, whole, ""},
		{"must match", "If-Match", `"x"`, 412, "", ""},
	} {
		res := n.do(request{method: "GET", path: path, header: http.Header{c.header: {c.value}}})
		if res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.status)
			continue
		}
		if c.status < 400 && text(t, res) != c.body {
			t.Errorf("%s: %q, want %q", c.name, text(t, res), c.body)
		}
		if c.contentRange != "" && res.Header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s: Content-Range %q, want %q", c.name, res.Header.Get("Content-Range"), c.contentRange)
		}
		if c.status >= 400 && strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: an error may be cached for ever", c.name)
		}
	}
	head := n.do(request{method: "HEAD", path: path})
	if head.StatusCode != 200 || head.Header.Get("Content-Length") != size || head.Header.Get("ETag") != tag || text(t, head) != "" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	pre := n.do(request{method: "OPTIONS", path: path, header: http.Header{"Origin": {"https://player.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"range"}}})
	if pre.StatusCode != 204 || pre.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(pre.Header.Get("Access-Control-Allow-Headers"), "Range") || pre.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", pre.StatusCode, pre.Header)
	}
}

func TestServeRaw(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	res := n.get("/ipfs/"+r.Manifest.String()+"?format=raw", nil)
	sum := sha256.Sum256([]byte(text(t, res)))
	mh, err := multihash.Encode(sum[:], multihash.SHA2_256)
	must(t, err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/vnd.ipld.raw" || !cid.NewCidV1(cid.DagProtobuf, mh).Equals(r.Manifest) {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	file := n.put(oneSegment)
	for _, path := range []string{
		"/ipfs/" + r.Manifest.String(), "/ipfs/" + r.Manifest.String() + "/", "/ipfs/" + r.Manifest.String() + "?format=ipns-record",
		"/ipfs/" + r.Manifest.String() + "/" + oneSegment + "?format=raw", "/ipfs/" + file.CID.String() + "?format=raw", "/ipfs/" + file.CID.String(),
	} {
		if res := n.get(path, nil); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// TestHostilePaths is the bar's §4.4: nothing but a named file of a servable
// root, by its one name, ever answers, and never as a page.
func TestHostilePaths(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	root := r.Manifest.String()
	base58, err := r.Manifest.StringOfBase('z')
	must(t, err)
	html := hex.EncodeToString([]byte("<script>alert(1)</script>"))
	for _, path := range []string{
		"/ipfs/bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq", "/ipfs/bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq/x.html",
		"/ipfs/f0155" + "0019" + html, "/ipfs/" + strings.ToUpper(root) + "/master.m3u8", "/ipfs/" + base58 + "/master.m3u8",
		"/ipfs/" + root + "/" + oneSegment + "?filename=x.html", "/ipfs/" + root + "/master.m3u8?filename=", "/ipfs/" + root + "/v", "/ipfs/" + root + "/v/",
		"/ipfs/" + root + "/v/360p24/00", "/ipfs/" + root + "/v/../master.m3u8", "/ipfs/" + root + "/%2e%2e/" + root + "/master.m3u8",
		"/ipfs/" + root + "//master.m3u8", "/ipfs/" + root + "/master.m3u8/", "/ipfs/" + root + "/master.m3u8%00", "/ipfs/" + root + "/master.m3u8%0d%0aX: y",
		"/ipfs/" + root + "/..%2f..%2fetc%2fpasswd", "/ipfs/" + root + "%2fmaster.m3u8%5c", "/ipfs/" + root + "/index.html", "/ipfs/" + root + "/Master.m3u8",
		"/ipfs/" + someRoot + "/master.m3u8", "/ipfs/", "/ipfs", "/ipfs//", "/ipfs/..", "/ipns/example.com/", "/ipns/" + p.channel.ID,
		"/ipfs/" + root + "/" + strings.Repeat("a/", 400), "/ipfs/" + strings.Repeat("b", 9000), "/api/v2/x", "/api", "/metrics",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res := n.do(request{method: method, path: path, header: http.Header{"If-None-Match": {"*"}, "Accept": {"text/html"}}})
			if res.StatusCode != 404 || res.Header.Get("Content-Type") != problemType || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") || res.Header.Get("X") != "" {
				t.Errorf("%s %.100s: %d %v", method, path, res.StatusCode, res.Header)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"} {
		if res := n.do(request{method: method, path: "/ipfs/" + root + "/master.m3u8"}); res.StatusCode != 405 && res.StatusCode != 404 {
			t.Errorf("%s: %d", method, res.StatusCode)
		}
	}
}

// TestStandingAndRoot: what may be served follows the release at once.
func TestStandingAndRoot(t *testing.T) {
	n := newNode(t)
	p, mod := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator)
	r := n.final(p, models.Public)
	path := "/ipfs/" + r.Manifest.String() + "/master.m3u8"
	stand := func(as person, body string) int {
		return n.do(request{method: "POST", path: apiPath + "/releases/" + r.ID + "/standing", as: &as, body: body}).StatusCode
	}
	expect := func(step string, want int) {
		t.Helper()
		if res := n.get(path, nil); res.StatusCode != want {
			t.Errorf("%s: %d, want %d: %s", step, res.StatusCode, want, text(t, res))
		}
	}
	expect("published", 200)
	stand(mod, `{"standing":"hidden"}`)
	expect("hidden", 404)
	stand(mod, `{"standing":"taken_down","reason":"Court order 7"}`)
	expect("taken down", 451)
	if got := text(t, n.get(path, nil)); !strings.Contains(got, "Court order 7") {
		t.Errorf("no reason: %s", got)
	}
	if got := stand(p, `{"standing":"good"}`); got != 403 {
		t.Errorf("the creator undid a moderator's word: %d", got)
	}
	stand(mod, `{"standing":"good"}`)
	expect("restored", 200)
	if got := stand(p, `{"standing":"taken_down","reason":"mine"}`); got != 200 {
		t.Errorf("the creator cannot take down: %d", got)
	}
	expect("withdrawn", 451)
	if got := stand(p, `{"standing":"good"}`); got != 200 {
		t.Errorf("the creator cannot restore: %d", got)
	}
	expect("brought back", 200)
	n.do(request{method: "PATCH", path: apiPath + "/releases/" + r.ID, as: &p, body: `{"visibility":"private"}`})
	expect("private", 404)
	n.do(request{method: "DELETE", path: apiPath + "/releases/" + r.ID, as: &p})
	expect("deleted", 404)
}
