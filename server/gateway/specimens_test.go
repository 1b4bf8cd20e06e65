package gateway

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/chunker"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs"
	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	uio "github.com/ipfs/boxo/ipld/unixfs/io"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"
)

// specimens are DAGs of every kind that the gateway specifications speak of,
// and names that lead to them.
type specimens struct {
	t     testing.TB
	store blockstore.Blockstore
	dag   ipld.DAGService

	tree, sharded, pages, torn, outside cid.Cid
	dagJSON, dagCBOR, json, cbor        cid.Cid
	records                             records // by name
	valid, deep, old, forged            string  // names
}

func newSpecimens(t testing.TB) *specimens {
	t.Helper()
	s := &specimens{t: t, store: blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))}
	s.dag = merkledag.NewDAGService(blockservice.New(s.store, nil))
	s.tree, s.sharded, s.pages = s.newTree(), s.newSharded(), s.newPages()
	s.torn = s.newTorn()
	s.outside = s.folder(map[string]ipld.Node{"../../x": s.file("out")})
	leaf := s.file("a leaf").Cid()
	s.dagJSON = s.block(cid.DagJSON, []byte(`{"foo":{"link":{"/":"`+s.block(cid.DagJSON, []byte(`{"hello":"world"}`)).String()+`"}},"leaf":{"/":"`+leaf.String()+`"}}`))
	link := append([]byte{0xd8, 0x2a, 0x58, byte(1 + leaf.ByteLen()), 0}, leaf.Bytes()...)
	s.dagCBOR = s.block(cid.DagCBOR, append([]byte("\xa1\x63foo\xa1\x64link"), link...))
	s.json = s.block(0x0200, []byte(`{"test": "plain json"}`))
	s.cbor = s.block(0x51, []byte("\xa1\x61a\x01"))
	s.name(t)
	return s
}

// name makes records: valid ones, an old one, and one under another's name.
func (s *specimens) name(t testing.TB) {
	s.records = records{}
	add := func(to string, end time.Duration) string {
		name, data := record(t, to, end)
		s.records[name] = data
		return name
	}
	s.valid = add("/ipfs/"+s.tree.String(), 100*time.Hour)
	s.deep = add("/ipfs/"+s.tree.String()+"/sub dir", time.Hour)
	s.old = add("/ipfs/"+s.tree.String(), -time.Hour)
	s.forged = add("/ipfs/"+s.tree.String(), time.Hour)
	s.records[s.forged] = s.records[s.valid]
}

func (s *specimens) newTree() cid.Cid {
	text := "hello application/vnd.ipld.car\n"
	link, err := unixfs.SymlinkData("ascii.txt")
	require.NoError(s.t, err)
	symlink := merkledag.NodeWithData(link)
	require.NoError(s.t, symlink.SetCidBuilder(merkledag.V1CidPrefix()))
	require.NoError(s.t, s.dag.Add(context.Background(), symlink))
	return s.folder(map[string]ipld.Node{
		"ascii.txt": s.file(text), "copy.txt": s.file(text), "empty": s.file(""), "t.json": s.file(`{"a":1}`), "page.html": s.file("<script>1</script>"),
		"data.bin": s.file("<svg onload=alert(1)>"), "bar": symlink, "long.txt": s.chunked(strings.Repeat("0123456789abcdef", 64) + "zz"),
		"ą":       s.node(s.folder(map[string]ipld.Node{"ę": s.node(s.folder(map[string]ipld.Node{"file-źł.txt": s.file("utf8\n")}))})),
		"sub dir": s.node(s.folder(map[string]ipld.Node{"file!'()*~.txt": s.file("delims"), "a#b?c.txt": s.file("#?")})),
		"Portugal%2C+España=Peninsula Ibérica.txt": s.file("percent"), "emoji🚀.txt": s.file("emoji"),
		"ipfs": s.node(s.folder(map[string]ipld.Node{"file.txt": s.file("I am a txt file"), "ipns": s.node(s.folder(map[string]ipld.Node{"bar": s.file("text")}))})),
		"site": s.node(s.folder(map[string]ipld.Node{"index.html": s.file("<p>index</p>")})),
	})
}

func (s *specimens) newSharded() cid.Cid {
	dir, err := uio.NewHAMTDirectory(s.dag, 0, uio.WithCidBuilder(merkledag.V1CidPrefix()))
	require.NoError(s.t, err)
	for i := range 60 {
		require.NoError(s.t, dir.AddChild(context.Background(), fmt.Sprintf("%d.txt", i), s.chunked(strings.Repeat(fmt.Sprint(i), 300))))
	}
	node, err := dir.GetNode()
	require.NoError(s.t, err)
	require.NoError(s.t, s.dag.Add(context.Background(), node))
	return node.Cid()
}

// newPages is a site with redirects (https://specs.ipfs.tech/http-gateways/web-redirects-file/).
func (s *specimens) newPages() cid.Cid {
	return s.folder(map[string]ipld.Node{
		"index.html": s.file("my index"), "one.html": s.file("my one"), "404.html": s.file("my 404"), "410.html": s.file("my 410"),
		"_redirects": s.file("/redirect-one /one.html\n/302-two /one.html 302\n/200-index /index.html 200\n" +
			"/posts/:year/:title /articles/:year/:title 301\n/splat/* /redirected/:splat 301\n/gone/* /410.html 410\n/none/* /404.html 404\n/* /index.html 200\n"),
		"bad": s.node(s.folder(map[string]ipld.Node{"_redirects": s.file("/home /one.html 301!\n")})),
	})
}

// newTorn is a file whose middle is nowhere.
func (s *specimens) newTorn() cid.Cid {
	n := s.chunked(strings.Repeat("a", 256) + strings.Repeat("b", 256) + strings.Repeat("c", 256))
	require.NoError(s.t, s.store.DeleteBlock(context.Background(), n.Links()[1].Cid))
	return n.Cid()
}

func (s *specimens) file(text string) ipld.Node {
	n := merkledag.NewRawNode([]byte(text))
	require.NoError(s.t, s.dag.Add(context.Background(), n))
	return n
}

// chunked is a file in leaves of 256 bytes.
func (s *specimens) chunked(text string) ipld.Node {
	params := helpers.DagBuilderParams{Maxlinks: 174, RawLeaves: true, CidBuilder: merkledag.V1CidPrefix(), Dagserv: s.dag}
	builder, err := params.New(chunk.NewSizeSplitter(bytes.NewReader([]byte(text)), 256))
	require.NoError(s.t, err)
	n, err := balanced.Layout(builder)
	require.NoError(s.t, err)
	return n
}

func (s *specimens) folder(entries map[string]ipld.Node) cid.Cid {
	dir, err := uio.NewBasicDirectory(s.dag, uio.WithCidBuilder(merkledag.V1CidPrefix()))
	require.NoError(s.t, err)
	for name, n := range entries {
		require.NoError(s.t, dir.AddChild(context.Background(), name, n))
	}
	n, err := dir.GetNode()
	require.NoError(s.t, err)
	require.NoError(s.t, s.dag.Add(context.Background(), n))
	return n.Cid()
}

func (s *specimens) node(c cid.Cid) ipld.Node {
	n, err := s.dag.Get(context.Background(), c)
	require.NoError(s.t, err)
	return n
}

func (s *specimens) block(codec uint64, data []byte) cid.Cid {
	sum, err := multihash.Sum(data, multihash.SHA2_256, -1)
	require.NoError(s.t, err)
	c := cid.NewCidV1(codec, sum)
	require.NoError(s.t, s.keep(c, data))
	return c
}

func (s *specimens) keep(c cid.Cid, data []byte) error {
	b, err := blocks.NewBlockWithCid(data, c)
	if err != nil {
		return err
	}
	return s.store.Put(context.Background(), b)
}

// shelf copies all blocks to where the gateway under test finds them.
func (s *specimens) shelf() *shelf {
	out := newShelf()
	keys, err := s.store.AllKeysChan(context.Background())
	require.NoError(s.t, err)
	for c := range keys {
		b, err := s.store.Get(context.Background(), c)
		require.NoError(s.t, err)
		out.put(c, b.RawData())
	}
	return out
}

// chunkedInto puts a file of so many zeros on a shelf, all of one leaf.
func (s *specimens) chunkedInto(to *shelf, size int) cid.Cid {
	params := helpers.DagBuilderParams{Maxlinks: 174, RawLeaves: true, CidBuilder: merkledag.V1CidPrefix(), Dagserv: s.dag}
	builder, err := params.New(chunk.NewSizeSplitter(bytes.NewReader(make([]byte, size)), 1<<20))
	require.NoError(s.t, err)
	n, err := balanced.Layout(builder)
	require.NoError(s.t, err)
	for k, data := range s.shelf().blocks {
		to.blocks[k] = data
	}
	return n.Cid()
}
