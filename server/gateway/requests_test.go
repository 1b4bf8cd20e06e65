package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ipfs/go-cid"
)

// query is one request. Host is empty for the address itself; "{gw}" in Host,
// Head and so on stands for a host that serves subdomains, with its port.
type query struct {
	Method, Host, Target string
	Head                 http.Header
}

func (q query) String() string {
	return fmt.Sprintf("%s %s%s %v", q.Method, q.Host, q.Target, q.Head)
}

// queries are requests as the gateway specifications describe them: each path
// by path and on its subdomain, in each format by query and by Accept, whole, in
// ranges, and conditional.
func (s *specimens) queries() []query {
	var out []query
	add := func(host, target string, head ...string) {
		h := http.Header{}
		for _, line := range head {
			name, value, _ := strings.Cut(line, ": ")
			h.Add(name, value)
		}
		out = append(out, query{http.MethodGet, host, target, h})
		if len(head) == 0 && (host == "" || !strings.Contains(target, "?")) { // a range has no meaning with HEAD, and brings the library down
			out = append(out, query{http.MethodHead, host, target, h})
		}
	}
	for _, p := range s.paths() {
		for _, f := range formats {
			add("", with(p, f.query))
			if f.accept != "" {
				add("", p, "Accept: "+f.accept)
			}
		}
		for _, head := range conditions {
			add("", p, head)
		}
	}
	for _, p := range s.carPaths() {
		for _, params := range carParams {
			add("", with(p, params))
		}
	}
	s.subdomains(add)
	for _, extra := range []string{"/", "/ipfs/", "/ipfs", "/ipns/", "/ipfs/nonsense", "/ipfs/QmInvalidCID", "/api/v0/id", "/ipfs/?uri=ipfs%3A%2F%2F" + s.tree.String() + "%2Fx",
		"/ipfs/ipfs/" + s.tree.String(), "/ipfs/ipns/" + s.valid} {
		add("", extra)
		add("{gw}", extra)
	}
	out = append(out, query{Method: "OPTIONS", Target: "/ipfs/bafkqabtimvwgy3yk/"}, query{Method: "POST", Target: "/ipfs/bafkqabtimvwgy3yk/"})
	return out
}

// paths are content paths of every kind, also some that are not there.
func (s *specimens) paths() []string {
	tree, v0 := "/ipfs/"+s.tree.String(), "/ipfs/"+cid.NewCidV0(s.tree.Hash()).String()
	return []string{
		tree, tree + "/", v0 + "/ascii.txt", tree + "/ascii.txt", tree + "/empty", tree + "/t.json", tree + "/page.html", tree + "/data.bin", tree + "/bar",
		tree + "/long.txt", tree + "/" + url.PathEscape("ą") + "/" + url.PathEscape("ę"), tree + "/%C4%85/%C4%99/", tree + "/%C4%85/%C4%99/file-%C5%BA%C5%82.txt",
		tree + "/sub%20dir/", tree + "/sub%20dir/file%21%27%28%29%2A~.txt", tree + "/sub%20dir/a%23b%3Fc.txt", tree + "/a%2F..%2Fascii%2Etxt",
		tree + "/Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt", tree + "/emoji%F0%9F%9A%80.txt", tree + "/site", tree + "/site/", tree + "/none", tree + "/ascii.txt/none",
		"/ipfs/" + s.sharded.String() + "/", "/ipfs/" + s.sharded.String() + "/7.txt", "/ipfs/" + s.sharded.String() + "/none",
		"/ipfs/" + s.pages.String() + "/redirect-one", "/ipfs/" + s.outside.String() + "/",
		"/ipfs/" + s.dagJSON.String(), "/ipfs/" + s.dagJSON.String() + "/foo", "/ipfs/" + s.dagJSON.String() + "/foo/link/hello", "/ipfs/" + s.dagJSON.String() + "/foo/link", "/ipfs/" + s.dagJSON.String() + "/foo/none",
		"/ipfs/" + s.dagCBOR.String(), "/ipfs/" + s.dagCBOR.String() + "/foo/link", "/ipfs/" + s.dagCBOR.String() + "/foo", "/ipfs/" + s.json.String(), "/ipfs/" + s.cbor.String(),
		"/ipfs/bafkqabtimvwgy3yk", "/ipfs/bafkqaaa", "/ipfs/" + missing,
		"/ipns/" + s.valid, "/ipns/" + s.valid + "/ascii.txt", "/ipns/" + s.valid + "/site/", "/ipns/" + s.deep + "/", "/ipns/" + s.deep + "/a%23b%3Fc.txt",
		"/ipns/" + s.old + "/", "/ipns/" + s.forged + "/", "/ipns/12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK/root2/", "/ipns/QmcJM7PRfkSbcM5cf1QugM5R37TLRKyJGgBEhXjLTB8uA2/root2/",
	}
}

const missing = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"

func with(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

var formats = []struct{ query, accept string }{
	{"", "text/html"}, {"format=raw", "application/vnd.ipld.raw"}, {"format=car", "application/vnd.ipld.car; version=1; order=dfs; dups=y"},
	{"format=tar", "application/x-tar"}, {"format=dag-json", "application/vnd.ipld.dag-json"}, {"format=dag-cbor", "application/vnd.ipld.dag-cbor"},
	{"format=json", "application/json"}, {"format=cbor", "application/cbor"}, {"format=ipns-record", "application/vnd.ipfs.ipns-record"},
	{"filename=test%D1%82.html", "foo, application/vnd.ipld.raw,bar"}, {"filename=x.bin&download=true", ""}, {"format=nonsense", ""},
}

var conditions = []string{
	"Range: bytes=6-16", "Range: bytes=-3", "Range: bytes=0-", "Range: bytes=6-16,0-4", "Cache-Control: only-if-cached",
	`If-None-Match: "x"`, `If-None-Match: W/"bafkqaaa", "y"`, "Service-Worker: script",
}

func (s *specimens) carPaths() []string {
	return []string{
		"/ipfs/" + s.tree.String(), "/ipfs/" + s.tree.String() + "/sub%20dir", "/ipfs/" + s.tree.String() + "/long.txt", "/ipfs/" + s.sharded.String(),
		"/ipfs/" + s.sharded.String() + "/1.txt", "/ipfs/" + s.torn.String(), "/ipfs/" + s.dagCBOR.String() + "/foo/link", "/ipfs/bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa",
		"/ipns/" + s.valid + "/ascii.txt",
	}
}

var carParams = []string{
	"format=car&dag-scope=block", "format=car&dag-scope=entity", "format=car&dag-scope=all&car-dups=y", "format=car&car-order=unk", "format=car&car-version=2", "format=car&dag-scope=what",
	"format=car&dag-scope=entity&entity-bytes=0:100", "format=car&dag-scope=entity&entity-bytes=512:*", "format=car&dag-scope=entity&entity-bytes=512:-3",
	"format=car&dag-scope=entity&entity-bytes=-9999:-3", "format=car&dag-scope=entity&entity-bytes=0:0", "format=car&dag-scope=entity&entity-bytes=what",
}

// subdomains are requests to a host that gives each root an origin
// (https://specs.ipfs.tech/http-gateways/subdomain-gateway/).
func (s *specimens) subdomains(add func(host, target string, head ...string)) {
	tooLong := "bafkrgqhhyivzstcz3hhswshfjgy6ertgmnqeleynhwt4dlfsthi4hn7zgh4uvlsb5xncykzapi3ocd4lzogukir6ksdy6wzrnz6ohnv4aglcs" // sha2-512
	for _, p := range s.paths() {
		add("{gw}", p)
	}
	for _, p := range []string{"/", "/ascii.txt", "/%C4%85/%C4%99", "/%C4%85/%C4%99/", "/ipfs/file.txt", "/ipfs/ipns/", "/ipfs/ipns/bar", "/ipfs/" + s.tree.String(), "/site/", "/none",
		"/?format=car", "/long.txt?format=raw", "/?format=tar"} {
		add(s.tree.String()+".ipfs.{gw}", p)
		add(s.valid+".ipns.{gw}", p)
		add(s.tree.String()+".ipfs.example.net", p)
	}
	for _, p := range []string{"/", "/redirect-one", "/302-two", "/200-index", "/posts/2022/x", "/splat/a.html", "/gone/x", "/none/x", "/what", "/bad/", "/bad/home"} {
		add(s.pages.String()+".ipfs.{gw}", p)
		add(s.pages.String()+".ipfs.{gw}", p, "Accept: text/html")
	}
	for _, host := range []string{tooLong + ".ipfs.{gw}", cid.NewCidV0(s.tree.Hash()).String() + ".ipfs.{gw}", s.deep + ".ipns.{gw}", s.old + ".ipns.{gw}", "nonsense.ipfs.{gw}"} {
		add(host, "/")
	}
	add("{gw}", "/ipfs/"+tooLong)
	add("{gw}", "/ipfs/"+s.tree.String()+"/", "X-Forwarded-Proto: https")
	add("fake.example", "/ipfs/"+s.tree.String(), "X-Forwarded-Host: {gw}")
	add("fake.example", "/ipfs/"+s.tree.String(), "X-Forwarded-Host: {gw}", "X-Forwarded-Proto: https")
}
