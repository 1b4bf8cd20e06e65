package servertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server"
)

// How many segments a release of these tests has, and what is damaged of its blocks.
const (
	segments, segment          = 120, 70_000 // bytes of each; those of 64 KiB go out from their file
	flipped, truncated, erased = 50, 10, 10
)

// gathered are blocks that are written together: syncing each takes its time.
type gathered []models.Block

// Put implements blockset.Putter, for one goroutine.
func (g *gathered) Put(_ context.Context, bs ...models.Block) error {
	for _, b := range bs {
		*g = append(*g, models.Block{CID: b.CID, Data: bytes.Clone(b.Data)})
	}
	return nil
}

// reel writes a release of many small segments into a folder, where it is kept; into
// every folder the same.
func reel(t *testing.T, at server.Where) Release {
	t.Helper()
	folder, err := server.OpenFolder(t.Context(), at)
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	key, _, err := crypto.GenerateEd25519Key(rand.NewChaCha8([32]byte{1}))
	require.NoError(t, err)
	const rendition = "v/180p24"
	made := Release{ID: "3kabcdefghijk", Files: map[string][sha256.Size]byte{}}
	rel := blockset.Release{
		Release: models.Release{ID: made.ID, ChannelName: "Reels", Kind: models.KindVideo, Title: "A reel", Rev: 1, CreatedAt: time.Unix(1700000000, 0)},
		Encoder: "e", Profile: "p",
		Renditions: []models.Rendition{{ID: rendition, Media: models.MediaVideo, Codec: "avc1.64001e", Width: 320, Height: 180, FrameRate: big.NewRat(24, 1)}},
	}
	playlist := "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n"
	files := map[string][]byte{rendition + "/init.mp4": []byte("init"), "master.m3u8": []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + rendition + "/index.m3u8\n")}
	random := rand.NewChaCha8([32]byte{2})
	for n := range segments {
		data := make([]byte, segment)
		_, _ = random.Read(data)
		name := fmt.Sprintf("00/%05d.m4s", n)
		files[rendition+"/"+name] = data
		playlist += "#EXTINF:4.0,\n" + name + "\n"
	}
	files[rendition+"/index.m3u8"] = []byte(playlist + "#EXT-X-ENDLIST\n")
	var all gathered
	for path, data := range files {
		f, err := blockset.AddFile(t.Context(), &all, path, bytes.NewReader(data))
		require.NoError(t, err)
		rel.Files, made.Files[path] = append(rel.Files, f), sha256.Sum256(data)
	}
	set, err := blockset.Write(t.Context(), &all, key, rel)
	require.NoError(t, err)
	require.NoError(t, folder.Blocks.Put(t.Context(), all...))
	made.Root = set.Root
	_, err = folder.Keep(t.Context(), made.Root)
	require.NoError(t, err)
	return made
}

// blockFiles lists the block files of a node from that many bytes on, in no order
// that means something.
func blockFiles(t *testing.T, n *Node, from int64) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(n.cfg.Data, "blocks", "??", "*"))
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || info.Size() < from
	})
}

// rot damages block files as a disk does, each in one of three ways.
func rot(t *testing.T, files []string) {
	t.Helper()
	for i, path := range files {
		require.NoError(t, os.Chmod(path, 0o644))
		switch {
		case i < flipped:
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			one := make([]byte, 1)
			_, err = f.ReadAt(one, 500)
			require.NoError(t, err)
			one[0] ^= 1
			_, err = f.WriteAt(one, 500)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		case i < flipped+truncated:
			require.NoError(t, os.Truncate(path, 700))
		default:
			require.NoError(t, os.Remove(path))
		}
	}
}

// checked is what a check of a node's folder finds, and with repair what is left.
func checked(t *testing.T, n *Node, repair bool) server.Findings {
	t.Helper()
	folder, err := server.OpenFolder(t.Context(), n.cfg.Where())
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	found, err := folder.Check(t.Context(), nil)
	require.NoError(t, err)
	if repair {
		found.Damaged, err = folder.Repair(t.Context(), n.cfg, slog.New(slog.DiscardHandler), found.Damaged, nil)
		require.NoError(t, err)
	}
	return found
}

// TestRot damages 70 block files and has them found, healed by a repair, healed
// while a viewer waits, and, with nobody to heal them, refused and still listed.
func TestRot(t *testing.T) {
	t.Parallel()
	nodes := Cluster(t, 2, func(_ int, c *server.Config) { c.CacheBytes, c.GatewayHTTP = 0, "" })
	a, b := nodes[0], nodes[1]
	var r Release
	for _, n := range nodes {
		n.Kill()
		r = reel(t, n.cfg.Where())
	}
	b.Start()
	damaged := blockFiles(t, a, 1000)[:flipped+truncated+erased]
	rot(t, damaged)
	require.Len(t, checked(t, a, false).Damaged, len(damaged), "found by check")
	require.Len(t, checked(t, a, true).Damaged, len(damaged), "nobody to ask")
	a.cfg.Bootstrap = b.PeerAddrs()
	require.Empty(t, checked(t, a, true).Damaged)
	require.Zero(t, found(t, a))
	t.Logf("repair: %d of %d found, %d of %d healed from a peer", len(damaged), len(damaged), len(damaged), len(damaged))

	a.Start()
	a.Connect(b)
	rot(t, damaged)
	slowest := time.Duration(0)
	for path, want := range r.Files {
		begun := time.Now()
		status, data, err := Get(t.Context(), a.URL()+"/ipfs/"+r.Root.String()+"/"+path)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, path)
		require.Equal(t, want, sha256.Sum256(data), path)
		slowest = max(slowest, time.Since(begun))
	}
	require.Zero(t, found(t, a), "healed in line")
	t.Logf("in line: %d files played whole over %d damaged ones, all healed, the slowest after %s", len(r.Files), len(damaged), slowest.Round(time.Millisecond))

	damaged = blockFiles(t, a, segment)[:len(damaged)] // no manifest, without which nothing plays
	rot(t, damaged)
	require.NoError(t, Play(t.Context(), r, a.URL()), "files that were hashed and sent a moment ago")
	a.Kill()
	require.Empty(t, checked(t, a, true).Damaged, "what was still in memory is healed by nobody else")

	b.Kill()
	a.cfg.Bootstrap = nil
	rot(t, damaged)
	a.Start()
	refused, wrong := 0, 0
	for path, want := range r.Files {
		status, data, err := Get(t.Context(), a.URL()+"/ipfs/"+r.Root.String()+"/"+path)
		require.NoError(t, err)
		switch {
		case status == http.StatusBadGateway && bytes.Contains(data, []byte(`"code":`)):
			refused++
		case status != http.StatusOK || sha256.Sum256(data) != want:
			wrong++
			t.Errorf("%s: %d, %.100s", path, status, data)
		}
	}
	require.Equal(t, len(damaged), refused)
	left := checked(t, a, false)
	require.Len(t, left.Damaged, len(damaged))
	for _, d := range left.Damaged {
		require.Equal(t, []cid.Cid{r.Root}, d.Roots)
	}
	t.Logf("with no peer: %d of %d refused with 502, %d wrong bytes, %d listed by check", refused, len(damaged), wrong, len(left.Damaged))
}

func found(t *testing.T, n *Node) int {
	t.Helper()
	found := checked(t, n, false)
	return found.Count()
}

// TestRebuildIncomplete loses a database and a part of the blocks: the release comes
// back all the same, and a node fetches what is missing.
func TestRebuildIncomplete(t *testing.T) {
	t.Parallel()
	nodes := Cluster(t, 2, func(_ int, c *server.Config) { c.GatewayHTTP = "" })
	a, b := nodes[0], nodes[1]
	var r Release
	for _, n := range nodes {
		n.Kill()
		r = reel(t, n.cfg.Where())
	}
	rot(t, blockFiles(t, a, segment)[:flipped+truncated+erased])
	for _, name := range []string{"runnel.db", "runnel.db-wal", "runnel.db-shm"} {
		require.NoError(t, os.RemoveAll(filepath.Join(a.cfg.Data, name)))
	}
	folder, err := server.MakeFolderForBlocks(t.Context(), a.cfg.Where())
	require.NoError(t, err)
	out, err := folder.Rebuild(t.Context(), true, nil)
	require.NoError(t, err)
	require.Len(t, out.Put, 1)
	require.Equal(t, flipped+truncated+erased, out.Put[0].Missing)
	require.Len(t, out.Findings, 1)
	swept, err := folder.Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, flipped+truncated, swept.Blocks, "files that rotted are no blocks of it, and all others are")
	require.NoError(t, folder.Close())

	b.Start()
	a.token = ""
	a.Start()
	require.Error(t, Play(t.Context(), r, a.URL()))
	a.Connect(b)
	requireHeld(t, a, r)
	b.Kill()
	require.NoError(t, Play(t.Context(), r, a.URL()))
	require.Zero(t, found(t, a))
}
