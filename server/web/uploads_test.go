package web

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

// sendUpload begins an upload of a length and returns the answer.
func (n *node) sendUpload(p person, length, metadata string) *http.Response {
	n.t.Helper()
	h := http.Header{"Tus-Resumable": {"1.0.0"}, "Upload-Length": {length}}
	if metadata != "" {
		h.Set("Upload-Metadata", metadata)
	}
	n.clock.advance(time.Millisecond) // ids are made of the time
	return n.do(request{method: http.MethodPost, path: uploadsPath, as: &p, header: h})
}

func (n *node) patch(p person, path, offset, body string, more ...string) *http.Response {
	n.t.Helper()
	h := http.Header{"Tus-Resumable": {"1.0.0"}, "Upload-Offset": {offset}, "Content-Type": {"application/offset+octet-stream"}}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return n.do(request{method: http.MethodPatch, path: path, as: &p, header: h, body: body})
}

func TestUpload(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	title := base64.StdEncoding.EncodeToString([]byte("Ein Film"))
	res := n.sendUpload(p, "10", "title "+title+",visibility dW5saXN0ZWQ=,unknown eA==")
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d %s", res.StatusCode, text(t, res))
	}
	at, release := res.Header.Get("Location"), res.Header.Get("Runnel-Release")
	if !strings.HasPrefix(at, uploadsPath+"/") || !models.ValidTID(release) || res.Header.Get("Upload-Expires") == "" {
		t.Fatalf("create: %v", res.Header)
	}
	if res := n.patch(p, at, "0", "01234"); res.StatusCode != 204 || res.Header.Get("Upload-Offset") != "5" || res.Header.Get("Runnel-Release") != release {
		t.Fatalf("first half: %d %v %s", res.StatusCode, res.Header, text(t, res))
	}
	res = n.do(request{method: http.MethodHead, path: at, as: &p, header: http.Header{"Tus-Resumable": {"1.0.0"}}})
	if res.StatusCode != 200 || res.Header.Get("Upload-Offset") != "5" || res.Header.Get("Upload-Length") != "10" || res.Header.Get("Runnel-Release") != release {
		t.Fatalf("head: %d %v", res.StatusCode, res.Header)
	}
	if res := n.get(uploadsPath, &p); !strings.Contains(text(t, res), `"offset":5,"length":10`) {
		t.Errorf("open uploads: %s", text(t, res))
	}
	if res := n.patch(p, at, "5", "56789"); res.StatusCode != 204 || res.Header.Get("Upload-Offset") != "10" || res.Header.Get("Runnel-Release") != release {
		t.Fatalf("second half: %d %v %s", res.StatusCode, res.Header, text(t, res))
	}
	r, err := n.cat.Release(t.Context(), release)
	must(t, err)
	if r.State != models.StateQueued || r.Title != "Ein Film" || r.Visibility != models.Unlisted || r.ChannelID != p.channel.ID {
		t.Errorf("release: %+v", r)
	}
	if res := n.get(uploadsPath, &p); !strings.Contains(text(t, res), `"items":[]`) {
		t.Errorf("still open: %s", text(t, res))
	}
}

// TestUploadRefusals is the bar's table of the upload protocol, rows U1 to U26,
// as far as one request shows them.
func TestUploadRefusals(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) { c.Uploads = 1000 })
	p, other := n.join("ada", models.RoleCreator), n.join("bob", models.RoleCreator)
	at := n.sendUpload(p, "10", "").Header.Get("Location")
	tus := func(more ...string) http.Header {
		h := http.Header{"Tus-Resumable": {"1.0.0"}}
		for i := 0; i+1 < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	chunk := "application/offset+octet-stream"
	for name, c := range map[string]struct {
		method, path, body string
		header             http.Header
		as                 *person
		want               string // status, or several
	}{
		"U1 no length":            {method: "POST", header: tus(), want: "400"},
		"U2 negative":             {method: "POST", header: tus("Upload-Length", "-1"), want: "400"},
		"U3 a word":               {method: "POST", header: tus("Upload-Length", "ten"), want: "400"},
		"U4 a fraction":           {method: "POST", header: tus("Upload-Length", "1.5"), want: "400"},
		"U5 2^64":                 {method: "POST", header: tus("Upload-Length", "18446744073709551616"), want: "400"},
		"U6 hexadecimal":          {method: "POST", header: tus("Upload-Length", "0x10"), want: "400"},
		"U6 plus":                 {method: "POST", header: tus("Upload-Length", "+10"), want: "400"},
		"U7 over the maximum":     {method: "POST", header: tus("Upload-Length", strconv.Itoa(testMaxSize+1)), want: "413"},
		"U8 no version":           {method: "POST", header: http.Header{"Upload-Length": {"1"}}, want: "412"},
		"U9 another version":      {method: "POST", header: http.Header{"Upload-Length": {"1"}, "Tus-Resumable": {"0.2.2"}}, want: "412"},
		"U11 ahead":               {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "5", "Content-Type", chunk), want: "409"},
		"U12 negative offset":     {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "-1", "Content-Type", chunk), want: "400"},
		"U12 offset a word":       {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "a", "Content-Type", chunk), want: "400"},
		"U13 another type":        {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "0", "Content-Type", "text/plain"), want: "415"},
		"U14 more than declared":  {method: "PATCH", path: at, body: strings.Repeat("x", 11), header: tus("Upload-Offset", "0", "Content-Type", chunk), want: "413"},
		"U19 encoded":             {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "0", "Content-Type", chunk, "Content-Encoding", "gzip"), want: "415"},
		"U20 wrong checksum":      {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "0", "Content-Type", chunk, "Upload-Checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="), want: "460"},
		"U20 unknown algorithm":   {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "0", "Content-Type", chunk, "Upload-Checksum", "crc9 AAAA"), want: "400"},
		"U21 no such part":        {method: "POST", header: tus("Upload-Concat", "final;/api/v1/uploads/x"), want: "404"},
		"U21 a part":              {method: "POST", header: tus("Upload-Concat", "partial", "Upload-Length", "1"), want: "201"},
		"U21 of something else":   {method: "POST", header: tus("Upload-Concat", "finally;/api/v1/uploads/x"), want: "400"},
		"U22 not base64":          {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", "title %%%"), want: "201 400"},
		"U22 twice":               {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", "title eA==,title eQ=="), want: "201 400"},
		"U22 empty key":           {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", " eA=="), want: "201 400"},
		"U22 12 kB":               {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", "title "+strings.Repeat("QUFB", 3000)), want: "400"},
		"U22 CR, LF and NUL":      {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", "title "+base64.StdEncoding.EncodeToString([]byte("a\r\nSet-Cookie: x=y\x00"))), want: "201"},
		"U22 bad visibility":      {method: "POST", header: tus("Upload-Length", "1", "Upload-Metadata", "visibility "+base64.StdEncoding.EncodeToString([]byte("all"))), want: "400"},
		"U23 traversal":           {method: "HEAD", path: uploadsPath + "/..%2f..%2fetc%2fpasswd", header: tus(), want: "404"},
		"U23 NUL":                 {method: "HEAD", path: uploadsPath + "/a%00b", header: tus(), want: "404"},
		"U23 5,000 characters":    {method: "HEAD", path: uploadsPath + "/" + strings.Repeat("a", 5000), header: tus(), want: "404"},
		"U24 another's, HEAD":     {method: "HEAD", path: at, header: tus(), as: &other, want: "404"},
		"U24 another's, PATCH":    {method: "PATCH", path: at, body: "x", header: tus("Upload-Offset", "0", "Content-Type", chunk), as: &other, want: "404"},
		"U24 another's, DELETE":   {method: "DELETE", path: at, header: tus(), as: &other, want: "404"},
		"U26 override on a file":  {method: "POST", path: at, body: "x", header: tus("X-HTTP-Method-Override", "PATCH", "Upload-Offset", "0", "Content-Type", chunk), want: "405"},
		"U26 TRACE":               {method: "TRACE", header: tus(), want: "405"},
		"U26 body without length": {method: "POST", body: "x", header: tus("Content-Type", chunk), want: "400"},
	} {
		t.Run(name, func(t *testing.T) {
			as := &p
			if c.as != nil {
				as = c.as
			}
			path := c.path
			if path == "" {
				path = uploadsPath
			}
			res := n.do(request{method: c.method, path: path, body: c.body, header: c.header, as: as})
			if !strings.Contains(" "+c.want+" ", " "+strconv.Itoa(res.StatusCode)+" ") {
				t.Errorf("%d, want %s: %s", res.StatusCode, c.want, text(t, res))
			}
			if c.method != "TRACE" && res.Header.Get("Tus-Max-Size") != strconv.Itoa(testMaxSize) {
				t.Errorf("no Tus-Max-Size: %v", res.Header)
			}
			if res.StatusCode == 412 && res.Header.Get("Tus-Version") != "1.0.0" {
				t.Errorf("no Tus-Version on 412: %v", res.Header)
			}
			if res.StatusCode >= 400 && c.method != "HEAD" && res.Header.Get("Content-Type") != problemType {
				t.Errorf("no problem document: %v %s", res.Header, text(t, res))
			}
			if res.Header.Get("Set-Cookie") != "" {
				t.Error("a header was injected")
			}
		})
	}
	res := n.do(request{method: "HEAD", path: at, as: &p, header: tus()})
	if res.Header.Get("Upload-Offset") != "0" {
		t.Errorf("a refused request moved the offset to %s", res.Header.Get("Upload-Offset"))
	}
}

func TestUploadLimits(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) { c.Uploads = 25 })
	p := n.join("ada", models.RoleCreator)
	got := map[int]int{}
	for range 30 {
		res := n.sendUpload(p, "1", "")
		got[res.StatusCode]++
		if res.StatusCode == 429 && res.Header.Get("Content-Type") != problemType {
			t.Errorf("429: %v", res.Header)
		}
	}
	if got[201] != 20 || got[429] != 10 { // 20 may be open, 25 a minute
		t.Errorf("answers: %v", got)
	}
}

// TestUploadNeedsTheRole: a channel from earlier days is not enough.
func TestUploadNeedsTheRole(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	_, err := n.cat.SetRole(t.Context(), p.account.ID, models.RoleListener)
	must(t, err)
	if res := n.sendUpload(p, "1", ""); res.StatusCode != 403 {
		t.Errorf("%d", res.StatusCode)
	}
}
