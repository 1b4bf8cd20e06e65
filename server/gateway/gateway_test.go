package gateway

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
)

func served(t testing.TB, cfg Config) (*Gateway, *shelf, blockset.Set) {
	s := newShelf()
	set := publish(t, s, "t")
	s.mark(set, true, models.StandingGood)
	return start(t, cfg, Deps{Blocks: s, Rules: s}), s, set
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	g, s, set := served(t, Config{PublicHosts: []string{"gw.example.org"}})
	root := set.Root.String()
	base36, err := set.Root.StringOfBase(multibase.Base36)
	require.NoError(t, err)
	upper, err := set.Root.StringOfBase(multibase.Base32Upper)
	require.NoError(t, err)
	v0 := cid.NewCidV0(set.Root.Hash()).String()
	rootBlock, err := s.get(set.Root)
	require.NoError(t, err)
	long := longData()
	path := "/ipfs/" + root
	for name, c := range map[string]struct {
		method, target string
		head           []string
		status         int
		header, value  string
		body           []byte
	}{
		"file":               {target: path + "/master.m3u8", status: 200, header: "Content-Security-Policy", value: "sandbox", body: []byte(playlist)},
		"nosniff":            {target: path + "/master.m3u8", status: 200, header: "X-Content-Type-Options", value: "nosniff"},
		"deprecated path":    {target: path + "/master.m3u8", status: 200, header: "X-Ipfs-Path", value: path + "/master.m3u8"},
		"immutable":          {target: path + "/master.m3u8", status: 200, header: "Cache-Control", value: "public, max-age=29030400, immutable"},
		"any site":           {target: path + "/master.m3u8", status: 200, header: "Access-Control-Allow-Origin", value: "*"},
		"long file":          {target: path + "/" + longFile, status: 200, body: long},
		"version 0":          {target: "/ipfs/" + v0 + "/master.m3u8", status: 200, body: []byte(playlist)},
		"base36":             {target: "/ipfs/" + base36 + "/master.m3u8", status: 200, body: []byte(playlist)},
		"upper case":         {target: "/ipfs/" + upper + "/master.m3u8?x=Y", status: 301, header: "Location", value: path + "/master.m3u8?x=Y"},
		"mixed case":         {target: "/ipfs/b" + upper[1:] + "?format=car", status: 301, header: "Location", value: path + "?format=car"},
		"upper case host":    {target: upper + ".ipfs.localhost/a?x=Y", status: 301, header: "Location", value: "//" + root + ".ipfs.localhost/a?x=Y"},
		"upper case name":    {target: "/ipns/" + strings.ToUpper("k51qzi5uqu5djokp3m1keo36hoxtd6u3a1d2rg1camf6al7p3huy63dojlm57c") + "/x", status: 301, header: "Location", value: "/ipns/k51qzi5uqu5djokp3m1keo36hoxtd6u3a1d2rg1camf6al7p3huy63dojlm57c/x"},
		"folder":             {target: path + "/", status: 200, header: "Content-Type", value: "text/html"},
		"folder, no slash":   {target: path, status: 301, header: "Location", value: path + "/"},
		"head, range":        {method: "HEAD", target: path + "/master.m3u8", head: []string{"Range: bytes=0-3"}, status: 200, header: "Content-Length", value: "58", body: []byte{}},
		"head":               {method: "HEAD", target: path + "/master.m3u8", status: 200, header: "Content-Length", value: "58", body: []byte{}},
		"options":            {method: "OPTIONS", target: path, status: 200},
		"post":               {method: "POST", target: path, status: 405},
		"raw":                {target: path + "?format=raw", status: 200, header: "Content-Type", value: "application/vnd.ipld.raw", body: rootBlock},
		"raw by accept":      {target: path, head: []string{"Accept: application/vnd.ipld.raw"}, status: 200, body: rootBlock},
		"car":                {target: path + "?format=car", status: 200, header: "Content-Type", value: "application/vnd.ipld.car; version=1; order=dfs; dups=n"},
		"car of a block":     {target: path + "?format=car&dag-scope=block&car-dups=y", status: 200, header: "Content-Type", value: "application/vnd.ipld.car; version=1; order=dfs; dups=y"},
		"car of what":        {target: path + "?format=car&dag-scope=what", status: 400},
		"tar":                {target: path + "?format=tar", status: 200, header: "Content-Type", value: "application/x-tar"},
		"no name":            {target: path + "/nothing", status: 404},
		"no cid":             {target: "/ipfs/nonsense", status: 400},
		"no path":            {target: "/", status: 404},
		"api":                {target: "/api/v0/id", status: 404},
		"ipns, none":         {target: "/ipns/k51qzi5uqu5djokp3m1keo36hoxtd6u3a1d2rg1camf6al7p3huy63dojlm57c/x", status: 501},
		"ipns of a host":     {target: "/ipns/example.org/x", status: 404},
		"traversal":          {target: path + "/../../etc/passwd", status: 400},
		"escaped traversal":  {target: path + "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", status: 400},
		"null byte":          {target: path + "/a%00b", status: 400},
		"line feed":          {target: path + "/a%0d%0ab", status: 400},
		"file name":          {target: path + "/master.m3u8?filename=a%0d%0aSet-Cookie:x%22.txt", status: 200, header: "Set-Cookie", value: ""},
		"not modified":       {target: path + "/master.m3u8", head: []string{"If-None-Match: *"}, status: 304},
		"unknown, any tag":   {target: "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", head: []string{"If-None-Match: *"}, status: 404},
		"unknown, any, car":  {target: "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy?format=car", head: []string{"If-None-Match: *"}, status: 404},
		"unknown, car":       {target: "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy?format=car", status: 404},
		"probe":              {target: "/ipfs/bafkqaaa?format=raw", status: 200, body: []byte{}},
		"identity html":      {target: "/ipfs/bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq", status: 404},
		"range":              {target: path + "/" + longFile, head: []string{"Range: bytes=1048570-1048580"}, status: 206, body: long[1048570:1048581]},
		"range to the end":   {target: path + "/" + longFile, head: []string{"Range: bytes=2621430-99999999999999999999"}, status: 206, body: long[2621430:]},
		"last bytes":         {target: path + "/" + longFile, head: []string{"Range: bytes=-5"}, status: 206, body: long[len(long)-5:]},
		"inverted":           {target: path + "/" + longFile, head: []string{"Range: bytes=9-3"}, status: 200},
		"past the end":       {target: path + "/" + longFile, head: []string{"Range: bytes=99999999999999999999-"}, status: 416},
		"cached":             {target: path + "/master.m3u8", head: []string{"Cache-Control: only-if-cached"}, status: 200},
		"not cached":         {target: "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", head: []string{"Cache-Control: only-if-cached"}, status: 412},
		"localhost":          {target: "localhost:8081" + path + "/master.m3u8?x=1", status: 301, header: "Location", value: "http://" + root + ".ipfs.localhost:8081/master.m3u8?x=1"},
		"localhost, v0":      {target: "localhost:8081/ipfs/" + v0 + "/a", status: 301, header: "Location", value: "http://" + root + ".ipfs.localhost:8081/a"},
		"public host":        {target: "gw.example.org" + path + "/a", status: 301, header: "Location", value: "http://" + root + ".ipfs.gw.example.org/a"},
		"subdomain":          {target: root + ".ipfs.localhost:8081/master.m3u8", status: 200, header: "Content-Security-Policy", value: "", body: []byte(playlist)},
		"subdomain, nosniff": {target: root + ".ipfs.localhost:8081/master.m3u8", status: 200, header: "X-Content-Type-Options", value: "nosniff"},
		"subdomain, raw":     {target: root + ".ipfs.localhost:8081/?format=raw", status: 200, body: rootBlock},
		"foreign subdomain":  {target: root + ".ipfs.example.net/master.m3u8", status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			if c.method == "" {
				c.method = "GET"
			}
			answer := ask(t, g, c.method, c.target, c.head...)
			body := bodyOf(t, answer)
			require.Equal(t, c.status, answer.StatusCode, "%.300s", body)
			if c.header != "" {
				require.Equal(t, c.value, answer.Header.Get(c.header))
			}
			if c.body != nil {
				require.True(t, bytes.Equal(c.body, body), "%d bytes", len(body))
			}
		})
	}
}

func TestArchivesAreWhole(t *testing.T) {
	t.Parallel()
	g, _, set := served(t, Config{})
	car := ask(t, g, "GET", "/ipfs/"+set.Root.String()+"?format=car&dag-scope=all")
	copied := newShelf()
	root, err := blockset.ImportCAR(t.Context(), car.Body, copied)
	require.NoError(t, err)
	require.Equal(t, set.Root, root)
	require.Len(t, copied.blocks, len(set.Blocks))

	files := map[string]int64{}
	archive := tar.NewReader(ask(t, g, "GET", "/ipfs/"+set.Root.String()+"?format=tar").Body)
	for {
		head, err := archive.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if head.Typeflag == tar.TypeReg {
			files[head.Name] = head.Size
		}
	}
	require.Len(t, files, len(set.Files))
	require.EqualValues(t, len(longData()), files[set.Root.String()+"/"+longFile])
}

func TestArchivesEnd(t *testing.T) {
	t.Parallel()
	g, _, set := served(t, Config{MaxResponse: 1 << 20})
	for _, format := range []string{"car", "tar"} {
		body := bodyOf(t, ask(t, g, "GET", "/ipfs/"+set.Root.String()+"?format="+format))
		require.LessOrEqual(t, len(body), 1<<20+100)
		require.True(t, bytes.HasSuffix(body, []byte("cut off")), "%s ended as if it were whole", format)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newShelf()
	for _, cfg := range []Config{{MaxResponse: -1}, {TrustedProxies: []string{"all"}}, {PublicHosts: []string{"127.0.0.1"}}, {PublicHosts: []string{"*.x"}}, {PublicHosts: []string{"x:1"}}} {
		_, err := New(cfg, Deps{Blocks: s, Rules: s})
		require.ErrorIs(t, err, models.ErrInvalid)
	}
	_, err := New(Config{}, Deps{})
	require.ErrorIs(t, err, models.ErrInvalid)
}
