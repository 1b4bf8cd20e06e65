package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	pb "github.com/ipfs/boxo/ipld/unixfs/pb"
	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/path"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"runnel/models"
)

func (s *shelf) node(data []byte, links ...*ipld.Link) cid.Cid {
	n := merkledag.NodeWithData(data)
	if err := n.SetCidBuilder(merkledag.V1CidPrefix()); err != nil {
		panic(err)
	}
	for _, l := range links {
		if err := n.AddRawLink(l.Name, l); err != nil {
			panic(err)
		}
	}
	s.put(n.Cid(), n.RawData())
	return n.Cid()
}

func file(size uint64, blocks ...uint64) []byte {
	kind := pb.Data_File
	out, err := proto.Marshal(&pb.Data{Type: &kind, Filesize: &size, Blocksizes: blocks})
	if err != nil {
		panic(err)
	}
	return out
}

func shard(fanout uint64) []byte {
	kind, hash := pb.Data_HAMTShard, uint64(0x22)
	out, err := proto.Marshal(&pb.Data{Type: &kind, Fanout: &fanout, HashType: &hash, Data: []byte{0xff}})
	if err != nil {
		panic(err)
	}
	return out
}

// hostile are DAGs that no honest writer makes.
func hostile(s *shelf) map[string]cid.Cid {
	leaf := s.raw(cid.Raw, []byte("leaf"))
	out := map[string]cid.Cid{}
	bomb, size := leaf, uint64(4)
	for range 9 {
		var links []*ipld.Link
		var sizes []uint64
		for range 174 {
			links, sizes = append(links, &ipld.Link{Cid: bomb, Size: size}), append(sizes, size)
		}
		size *= 174
		bomb = s.node(file(size, sizes...), links...)
	}
	out["bomb"] = bomb
	chain := leaf
	for range 20000 {
		chain = s.node(file(4, 4), &ipld.Link{Cid: chain, Size: 4})
	}
	out["chain"] = chain
	folders := s.node(unixfs.FolderPBData())
	for range 20000 {
		folders = s.node(unixfs.FolderPBData(), &ipld.Link{Name: "a", Cid: folders, Size: 4})
	}
	out["folders"] = folders
	out["too long"] = s.node(file(1<<40, 1<<40), &ipld.Link{Cid: leaf, Size: 4})
	out["too short"] = s.node(file(1, 1), &ipld.Link{Cid: leaf, Size: 4})
	out["negative"] = s.node(file(1<<63+5, 1<<63+5), &ipld.Link{Cid: leaf, Size: 4})
	for _, fanout := range []uint64{0, 1, 3, 8, 256, 1 << 30, 1 << 62} {
		out[fmt.Sprint("shard ", fanout)] = s.node(shard(fanout), &ipld.Link{Name: "00a", Cid: leaf, Size: 4}, &ipld.Link{Name: "", Cid: leaf, Size: 4})
	}
	link, err := unixfs.SymlinkData("/etc/passwd")
	if err != nil {
		panic(err)
	}
	out["symlink"] = s.node(link)
	out["names"] = s.node(unixfs.FolderPBData(), &ipld.Link{Name: "../../x", Cid: leaf, Size: 4}, &ipld.Link{Name: "<script>", Cid: leaf, Size: 4})
	out["no protobuf"] = s.raw(cid.DagProtobuf, []byte("\xff\xff\xff"))
	out["deep json"] = s.raw(cid.DagJSON, deep('[', 1<<20))
	out["deep cbor"] = s.raw(cid.DagCBOR, deep(0x81, 1<<20))
	out["long cbor"] = s.raw(cid.DagCBOR, []byte{0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0})
	return out
}

func deep(b byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

// quit takes what comes for a while and then hangs up, as a bored client does.
func quit(t *testing.T, g *Gateway, target string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	w.Body = nil
	func() {
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				panic(fault)
			}
		}()
		g.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", target, nil))
	}()
	return w.Code
}

func TestHostileDAGs(t *testing.T) {
	t.Parallel()
	s := newShelf()
	roots := hostile(s)
	g := start(t, Config{Open: true, MaxResponse: 1 << 20}, Deps{Blocks: s, Rules: s})
	for name, root := range roots {
		for _, query := range []string{"", "?format=car", "?format=car&dag-scope=entity&entity-bytes=-5:*", "?format=tar", "?format=raw", "?format=dag-json", "/a/b?format=car", "/a"} {
			began := time.Now()
			code := quit(t, g, "/ipfs/"+root.String()+query)
			require.NotZero(t, code)
			require.Less(t, time.Since(began), 10*time.Second, "%s %s", name, query)
		}
	}
}

// records is a table of IPNS records by name.
type records map[string][]byte

func (r records) Record(_ context.Context, name string) ([]byte, error) {
	if data, ok := r[name]; ok {
		return data, nil
	}
	return nil, models.ErrNotFound
}

// links is a table of DNSLinks.
type links map[string]string

func (l links) Link(_ context.Context, host string) (string, time.Duration, error) {
	if target, ok := l[host]; ok {
		return target, time.Minute, nil
	}
	return "", 0, models.ErrNotFound
}

func record(t testing.TB, to string, end time.Duration) (string, []byte) {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	target, err := path.NewPath(to)
	require.NoError(t, err)
	rec, err := ipns.NewRecord(key, target, 1, time.Now().Add(end), time.Minute)
	require.NoError(t, err)
	data, err := ipns.MarshalRecord(rec)
	require.NoError(t, err)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	return ipns.NameFromPeer(id).String(), data
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := newShelf()
	set := publish(t, s, "t")
	s.mark(set, true, models.StandingGood)
	name, data := record(t, "/ipfs/"+set.Root.String(), time.Hour)
	outer, outerData := record(t, "/ipns/"+name, time.Hour)
	old, oldData := record(t, "/ipfs/"+set.Root.String(), -time.Hour)
	forged, _ := record(t, "/ipfs/"+set.Root.String(), time.Hour)
	table := records{name: data, outer: outerData, old: oldData, forged: data}
	long := name
	for range maxSteps { // a ring cannot be signed; a line can
		var data []byte
		long, data = record(t, "/ipns/"+long, time.Hour)
		table[long] = data
	}
	g := start(t, Config{}, Deps{Blocks: s, Rules: s, Names: table, Links: links{"example.org": "/ipfs/" + set.Root.String(), "loop.org": "/ipns/loop.org"}})
	for target, status := range map[string]int{
		"/ipns/" + name + "/master.m3u8":                                         200,
		"/ipns/" + outer + "/master.m3u8":                                        200,
		"/ipns/" + name + "?format=raw":                                          200,
		"/ipns/" + name + "?format=ipns-record":                                  200,
		"/ipns/" + old + "/master.m3u8":                                          502,
		"/ipns/" + old + "?format=ipns-record":                                   502,
		"/ipns/" + forged + "/master.m3u8":                                       502,
		"/ipns/" + forged + "?format=ipns-record":                                502,
		"/ipns/" + long + "/master.m3u8":                                         400,
		"/ipns/k51qzi5uqu5djokp3m1keo36hoxtd6u3a1d2rg1camf6al7p3huy63dojlm57c/x": 504,
		"/ipns/example.org/master.m3u8":                                          200,
		"/ipns/loop.org/master.m3u8":                                             400,
		"/ipns/none.org/master.m3u8":                                             404,
		"example.org/master.m3u8":                                                200,
		"example-org.ipns.localhost/master.m3u8":                                 200,
		name + ".ipns.localhost/master.m3u8":                                     200,
		"localhost/ipns/" + name + "/master.m3u8":                                301,
		"/ipfs/" + set.Root.String() + "?format=car":                             200,
		"/ipns/" + name + "/master.m3u8?format=car":                              200,
		"/ipns/" + name + "/nothing":                                             404,
	} {
		answer := ask(t, g, "GET", target)
		require.Equal(t, status, answer.StatusCode, "%s: %.200s", target, bodyOf(t, answer))
	}
	answer := ask(t, g, "GET", "/ipns/"+name+"?format=ipns-record")
	require.Equal(t, data, bodyOf(t, answer))
	require.Equal(t, "public, max-age=60", ask(t, g, "GET", "/ipns/"+outer+"/master.m3u8").Header.Get("Cache-Control"))
}

// FuzzPaths sends any path, host and range; nothing may panic, break the header
// or let the private release out.
func FuzzPaths(f *testing.F) {
	s := newShelf()
	set := publish(f, s, "t")
	s.mark(set, false, models.StandingGood)
	g := start(f, Config{Open: true, MaxResponse: 1 << 20}, Deps{Blocks: s, Rules: s})
	f.Add("/ipfs/"+set.Root.String()+"/master.m3u8", "localhost", "bytes=0-1", "raw")
	f.Add("/ipfs//"+set.Root.String()+"/../x", set.Root.String()+".ipfs.localhost:1", "bytes=-9,3-2", "car")
	f.Add("/ipns/a-b--c/%00", "a.ipns.localhost", "items=1", "tar")
	f.Fuzz(func(t *testing.T, p, host, span, format string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.Host = "/"+p, host
		r.URL.RawQuery = url.Values{"format": {format}, "filename": {p}}.Encode()
		r.Header.Set("Range", span)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError || w.Code == http.StatusOK && w.Header().Get("Etag") != "" && len(w.Body.Bytes()) > 0 && containsRelease(w.Body.String()) {
			t.Fatalf("%d for %q at %q, %q", w.Code, p, host, span)
		}
	})
}
