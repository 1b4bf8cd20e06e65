package spool

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models/catalog"
)

const base = "/api/v1/uploads"

// node is a spool behind HTTP. The header X-Account says who is signed in.
type node struct {
	t     testing.TB
	store *Store
	srv   *httptest.Server
	rec   *catalog.Catalog
	dir   string
}

func withAccount(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.Header.Get("X-Account"), 10, 64)
		ctx := WithOwner(r.Context(), Owner{AccountID: id})
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func start(t testing.TB, change func(*Config, *HandlerConfig)) *node {
	t.Helper()
	dir := t.TempDir()
	cfg := Config{Dir: dir + "/uploads", MaxSize: 4 << 20, Reserve: 1}
	hcfg := HandlerConfig{BasePath: base}
	if change != nil {
		change(&cfg, &hcfg)
	}
	rec := newRecords(t, dir, func(c *catalog.Config) { c.Now = cfg.Now })
	store, err := New(cfg, rec, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	h, err := NewHandler(hcfg, store)
	require.NoError(t, err)
	srv := httptest.NewServer(withAccount(h))
	t.Cleanup(srv.Close)
	return &node{t: t, store: store, srv: srv, rec: rec, dir: dir}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) code(t testing.TB) string {
	var p struct {
		Code, Detail string
		Status       int
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(t, a.status, p.Status)
	require.NotEmpty(t, p.Detail)
	return p.Code
}

// do sends a request; headers are "Name: value", "-Name" removes one.
func (n *node) do(method, url string, body io.Reader, headers ...string) answer {
	n.t.Helper()
	res, err := http.DefaultClient.Do(n.request(method, url, body, headers...))
	require.NoError(n.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(n.t, err)
	return answer{res.StatusCode, res.Header, string(b)}
}

func (n *node) request(method, url string, body io.Reader, headers ...string) *http.Request {
	n.t.Helper()
	if !strings.HasPrefix(url, "http") {
		url = n.srv.URL + url
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, body)
	require.NoError(n.t, err)
	req.Header.Set("X-Account", "1")
	req.Header.Set("Tus-Resumable", "1.0.0")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", offsetType)
	}
	for _, h := range headers {
		if name, gone := strings.CutPrefix(h, "-"); gone {
			req.Header.Del(name)
			continue
		}
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return req
}

// create makes an upload and returns its path.
func (n *node) create(length int, headers ...string) string {
	n.t.Helper()
	a := n.do("POST", base, nil, append([]string{"Upload-Length: " + strconv.Itoa(length)}, headers...)...)
	require.Equal(n.t, 201, a.status, a.body)
	require.NotEmpty(n.t, a.header.Get(ReleaseHeader))
	require.NotEmpty(n.t, a.header.Get("Upload-Expires"))
	loc := a.header.Get("Location")
	require.True(n.t, strings.HasPrefix(loc, base+"/"), loc)
	return loc
}

func (n *node) patch(loc string, offset int, data []byte, headers ...string) answer {
	n.t.Helper()
	return n.do("PATCH", loc, bytes.NewReader(data), append([]string{"Upload-Offset: " + strconv.Itoa(offset)}, headers...)...)
}

func (n *node) offset(loc string) int {
	n.t.Helper()
	a := n.do("HEAD", loc, nil)
	require.Equal(n.t, 200, a.status)
	v, err := strconv.Atoi(a.header.Get("Upload-Offset"))
	require.NoError(n.t, err)
	return v
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (n *node) file(loc string) []byte {
	b, err := os.ReadFile(n.store.path(loc[len(base)+1:]))
	require.NoError(n.t, err)
	return b
}

func TestUploadInPieces(t *testing.T) {
	n := start(t, nil)
	data := noise(1 << 20)
	loc := n.create(len(data), "Upload-Metadata: filename "+b64("My Film.mp4"))
	a := n.patch(loc, 0, data[:300_000])
	require.Equal(t, 204, a.status)
	require.Equal(t, "300000", a.header.Get("Upload-Offset"))
	require.Equal(t, 300_000, n.offset(loc))
	a = n.patch(loc, 300_000, data[300_000:])
	require.Equal(t, 204, a.status)
	require.NotEmpty(t, a.header.Get(ReleaseHeader))
	require.Equal(t, data, n.file(loc))
	u, err := n.rec.Upload(t.Context(), loc[len(base)+1:])
	require.NoError(t, err)
	require.True(t, u.Complete)
	require.Equal(t, "My Film", u.Metadata["title"])
}

func TestCreationWithUploadAndDeferredLength(t *testing.T) {
	n := start(t, nil)
	a := n.do("POST", base, strings.NewReader("hello"), "Upload-Length: 9", "Content-Type: "+offsetType)
	require.Equal(t, 201, a.status)
	require.Equal(t, "5", a.header.Get("Upload-Offset"))
	require.Equal(t, 204, n.patch(a.header.Get("Location"), 5, []byte("tus!")).status)

	a = n.do("POST", base, nil, "Upload-Defer-Length: 1")
	require.Equal(t, 201, a.status)
	loc := a.header.Get("Location")
	require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	h := n.do("HEAD", loc, nil)
	require.Equal(t, "1", h.header.Get("Upload-Defer-Length"))
	require.Equal(t, 204, n.patch(loc, 3, []byte("def"), "Upload-Length: 6").status)
	require.Equal(t, []byte("abcdef"), n.file(loc))
	u, err := n.rec.Upload(t.Context(), loc[len(base)+1:])
	require.NoError(t, err)
	require.True(t, u.Complete)
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestRefusals are the rows of the bar that end in one answer.
func TestRefusals(t *testing.T) {
	n := start(t, nil)
	loc := n.create(100)
	require.Equal(t, 204, n.patch(loc, 0, make([]byte, 40)).status)
	done := n.create(3)
	require.Equal(t, 204, n.patch(done, 0, []byte("abc")).status)
	deferred := n.do("POST", base, nil, "Upload-Defer-Length: 1").header.Get("Location")
	sum := sha1.Sum([]byte("other"))
	long := strings.Repeat("a", 5000)
	tests := []struct {
		name, method, url string
		body              io.Reader
		headers           []string
		status            int
		code              string
	}{
		{"U1 no length", "POST", base, nil, nil, 400, "invalid_upload_length"},
		{"U2 negative", "POST", base, nil, []string{"Upload-Length: -1"}, 400, ""},
		{"U3 word", "POST", base, nil, []string{"Upload-Length: ten"}, 400, ""},
		{"U4 fraction", "POST", base, nil, []string{"Upload-Length: 1.5"}, 400, ""},
		{"U5 2^64", "POST", base, nil, []string{"Upload-Length: 18446744073709551616"}, 400, ""},
		{"U6 hex", "POST", base, nil, []string{"Upload-Length: 0x10"}, 400, ""},
		{"U6 plus", "POST", base, nil, []string{"Upload-Length: +10"}, 400, ""},
		{"U7 too large", "POST", base, nil, []string{"Upload-Length: 4194305"}, 413, "too_large"},
		{"U7 deferred too large", "PATCH", deferred, strings.NewReader("x"), []string{"Upload-Offset: 0", "Upload-Length: 4194305"}, 413, "too_large"},
		{"U7 deferred body too large", "PATCH", deferred, bytes.NewReader(make([]byte, 4<<20+1)), []string{"Upload-Offset: 0"}, 413, ""},
		{"U7 both", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Defer-Length: 1"}, 400, ""},
		{"U8 no version", "POST", base, nil, []string{"-Tus-Resumable", "Upload-Length: 1"}, 412, "unsupported_version"},
		{"U9 old version", "PATCH", loc, nil, []string{"Tus-Resumable: 0.2.2", "Upload-Offset: 40"}, 412, "unsupported_version"},
		{"U10 old offset", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 0"}, 409, "mismatched_offset"},
		{"U11 future offset", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 41"}, 409, ""},
		{"U12 negative offset", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: -1"}, 400, "invalid_offset"},
		{"U12 word", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: x"}, 400, ""},
		{"U13 type", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 40", "Content-Type: text/plain"}, 415, "invalid_content_type"},
		{"U14 more than declared", "PATCH", loc, bytes.NewReader(make([]byte, 61)), []string{"Upload-Offset: 40"}, 413, "upload_size_exceeded"},
		{"U14 after the end", "PATCH", done, strings.NewReader("x"), []string{"Upload-Offset: 3"}, 409, "upload_complete"},
		{"U19 gzip", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 40", "Content-Encoding: gzip"}, 415, "content_encoding"},
		{"U20 bad sum", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 40", "Upload-Checksum: sha1 " + b64(string(sum[:]))}, 460, "checksum_mismatch"},
		{"U20 unknown sum", "PATCH", loc, strings.NewReader("x"), []string{"Upload-Offset: 40", "Upload-Checksum: crc9 AAAA"}, 400, "invalid_checksum"},
		{"U22 no base64", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: filename ***"}, 400, "invalid_metadata"},
		{"U22 duplicate", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: title YQ==,title Yg=="}, 400, ""},
		{"U22 empty key", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: YQ==,, "}, 400, ""},
		{"U22 12 kB", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: title " + b64(strings.Repeat("x", 12<<10))}, 400, ""},
		{"kind", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: kind " + b64("virus")}, 400, "invalid_kind"},
		{"visibility", "POST", base, nil, []string{"Upload-Length: 1", "Upload-Metadata: visibility " + b64("all")}, 400, "invalid_visibility"},
		{"U23 traversal", "PATCH", base + "/..%2f..%2frunnel.db", strings.NewReader("x"), []string{"Upload-Offset: 0"}, 404, "upload_not_found"},
		{"U23 NUL", "DELETE", base + "/a%00b", nil, nil, 404, ""},
		{"U23 5 kB", "PATCH", base + "/" + long, nil, []string{"Upload-Offset: 0"}, 404, ""},
		{"U23 unknown", "PATCH", base + "/" + strings.Repeat("0", 32), strings.NewReader("x"), []string{"Upload-Offset: 0"}, 404, "upload_not_found"},
		{"U23 upper case", "DELETE", strings.ToUpper(loc[len(base):]), nil, nil, 404, ""},
		{"U24 foreign patch", "PATCH", loc, strings.NewReader("x"), []string{"X-Account: 2", "Upload-Offset: 40"}, 404, "upload_not_found"},
		{"U24 foreign delete", "DELETE", loc, nil, []string{"X-Account: 2"}, 404, ""},
		{"nobody", "POST", base, nil, []string{"X-Account: 0", "Upload-Length: 1"}, 401, "not_signed_in"},
		{"U26 override", "POST", loc, nil, []string{"X-HTTP-Method-Override: PATCH", "Upload-Offset: 40"}, 400, "method_override"},
		{"U26 TRACE", "TRACE", loc, nil, nil, 405, ""},
		{"U26 GET", "GET", loc, nil, nil, 405, ""},
		{"U26 body, no length", "POST", base, io.MultiReader(strings.NewReader("abc")), []string{"-Content-Type"}, 415, ""},
		{"POST to an upload", "POST", loc, nil, []string{"Upload-Length: 1"}, 405, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &node{t: t, store: n.store, srv: n.srv}
			url := tt.url
			if !strings.HasPrefix(url, base) {
				url = base + url
			}
			a := n.do(tt.method, url, tt.body, tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			require.Empty(t, a.header.Get("Upload-Expires"))
			code := a.code(t)
			if tt.code != "" {
				require.Equal(t, tt.code, code)
			}
			if tt.status == 412 {
				require.Equal(t, "1.0.0", a.header.Get("Tus-Version"))
			}
		})
	}
	for _, h := range []string{"/..%2f", "/%00", "/" + long} {
		require.Equal(t, 404, n.do("HEAD", base+h, nil).status)
	}
	require.Equal(t, 404, n.do("HEAD", loc, nil, "X-Account: 2").status)
	require.Equal(t, 40, n.offset(loc), "no refusal moved the offset")
	require.Equal(t, 3, n.offset(done))
	require.LessOrEqual(t, n.offset(deferred), 4<<20)
}

func TestOptions(t *testing.T) {
	a := start(t, nil).do("OPTIONS", base, nil)
	require.Equal(t, 200, a.status)
	require.Equal(t, "4194304", a.header.Get("Tus-Max-Size"))
	require.Equal(t, "1.0.0", a.header.Get("Tus-Version"))
	require.Equal(t, "creation,creation-with-upload,termination,concatenation,creation-defer-length,expiration,checksum", a.header.Get("Tus-Extension"))
	require.Equal(t, "sha1,sha256,crc32", a.header.Get("Tus-Checksum-Algorithm"))
}

func TestChecksum(t *testing.T) {
	n := start(t, nil)
	data := noise(600_000)
	sum := sha1.Sum(data[:500_000])
	loc := n.create(len(data))
	bad := bytes.Clone(data[:500_000])
	bad[3] ^= 1
	require.Equal(t, 460, n.patch(loc, 0, bad, "Upload-Checksum: sha1 "+b64(string(sum[:]))).status)
	require.Equal(t, 0, n.offset(loc))
	require.Equal(t, 204, n.patch(loc, 0, data[:500_000], "Upload-Checksum: sha1 "+b64(string(sum[:]))).status)
	require.Equal(t, 204, n.patch(loc, 500_000, data[500_000:]).status)
	require.Equal(t, data, n.file(loc))
}

func TestChunkedBody(t *testing.T) {
	n := start(t, nil)
	data := noise(700_000)
	loc := n.create(len(data))
	a := n.do("PATCH", loc, io.MultiReader(bytes.NewReader(data)), "Upload-Offset: 0", "Expect: 100-continue")
	require.Equal(t, 204, a.status)
	require.Equal(t, data, n.file(loc))
	loc = n.create(10)
	a = n.do("PATCH", loc, io.MultiReader(bytes.NewReader(data)), "Upload-Offset: 0")
	require.Equal(t, 413, a.status)
	require.Equal(t, 10, n.offset(loc))
}

func TestOpenUploadsAreLimited(t *testing.T) {
	n := start(t, func(c *Config, _ *HandlerConfig) { c.MaxOpen = 3 })
	for range 3 {
		n.create(1)
	}
	a := n.do("POST", base, nil, "Upload-Length: 1")
	require.Equal(t, 429, a.status)
	require.Equal(t, "too_many_uploads", a.code(t))
	require.Equal(t, 201, n.do("POST", base, nil, "Upload-Length: 1", "X-Account: 2").status)
}

func TestNoRoom(t *testing.T) {
	free := int64(1000)
	n := start(t, func(c *Config, _ *HandlerConfig) {
		c.Reserve, c.Free = 100, func(string) (int64, error) { return free, nil }
	})
	a := n.do("POST", base, nil, "Upload-Length: 901")
	require.Equal(t, 507, a.status)
	require.Equal(t, "insufficient_storage", a.code(t))
	loc := n.create(900)
	require.Equal(t, 204, n.patch(loc, 0, make([]byte, 500)).status)
	free = 200
	require.Equal(t, 507, n.patch(loc, 500, make([]byte, 400)).status)
	require.Equal(t, 500, n.offset(loc))
	free = 1000
	require.Equal(t, 204, n.patch(loc, 500, make([]byte, 400)).status)
}

func TestTerminate(t *testing.T) {
	n := start(t, nil)
	loc := n.create(10)
	require.Equal(t, 204, n.patch(loc, 0, []byte("abc")).status)
	require.Equal(t, 204, n.do("DELETE", loc, nil).status)
	require.Equal(t, 404, n.do("HEAD", loc, nil).status)
	entries, err := os.ReadDir(n.dir + "/uploads")
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestMetadataInjectsNoHeader(t *testing.T) {
	n := start(t, nil)
	loc := n.create(1, "Upload-Metadata: title "+b64("a\r\nSet-Cookie: x=1\x00b")+",filetype "+b64("x/y")+",is_secret")
	a := n.do("HEAD", loc, nil)
	require.Empty(t, a.header.Get("Set-Cookie"))
	require.NotContains(t, a.header.Get("Upload-Metadata"), "filetype")
	u, err := n.rec.Upload(t.Context(), loc[len(base)+1:])
	require.NoError(t, err)
	require.Equal(t, "a Set-Cookie: x=1b", u.Metadata["title"])
}

func ExampleWithOwner() {
	ctx := WithOwner(context.Background(), Owner{AccountID: 7})
	o, ok := ownerOf(ctx)
	fmt.Println(o.AccountID, ok)
	// Output: 7 true
}
