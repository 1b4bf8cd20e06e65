package gateway

import (
	"bytes"
	"context"
	"io"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
)

// shelf keeps blocks in memory and says what the catalogue would say of them.
type shelf struct {
	mu       sync.Mutex
	blocks   map[string][]byte // by multihash
	known    map[string]bool   // by multihash: may it go out
	standing map[string]models.Standing
}

func newShelf() *shelf {
	return &shelf{blocks: map[string][]byte{}, known: map[string]bool{}, standing: map[string]models.Standing{}}
}

func (s *shelf) Put(_ context.Context, bs ...models.Block) error {
	for _, b := range bs {
		s.put(b.CID, b.Data)
	}
	return nil
}

func (s *shelf) put(c cid.Cid, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocks[string(c.Hash())] = data
}

func (s *shelf) get(c cid.Cid) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, ok := s.blocks[string(c.Hash())]; ok {
		return data, nil
	}
	return nil, models.ErrNotFound
}

func (s *shelf) Get(_ context.Context, _, c cid.Cid) ([]byte, error) { return s.get(c) }

func (s *shelf) Has(_ context.Context, c cid.Cid) (bool, error) {
	_, err := s.get(c)
	return err == nil, nil
}

func (s *shelf) BlockServable(_ context.Context, c cid.Cid) (bool, error) {
	return s.known[string(c.Hash())], nil
}

func (s *shelf) LiveBlocks(_ context.Context, cs []cid.Cid) (map[cid.Cid]bool, error) {
	live := map[cid.Cid]bool{}
	for _, c := range cs {
		if _, ok := s.known[string(c.Hash())]; ok {
			live[c] = true
		}
	}
	return live, nil
}

func (s *shelf) RootStanding(_ context.Context, c cid.Cid) (models.Standing, string, error) {
	if standing, ok := s.standing[string(c.Hash())]; ok {
		return standing, "claim of somebody", nil
	}
	return "", "", models.ErrNotFound
}

// mark puts all blocks of a release in the catalogue.
func (s *shelf) mark(set blockset.Set, servable bool, standing models.Standing) {
	for _, c := range set.Blocks {
		s.known[string(c.Hash())] = servable
	}
	s.standing[string(set.Root.Hash())] = standing
}

// forget is what deleting a release does.
func (s *shelf) forget(set blockset.Set) {
	for _, c := range set.Blocks {
		delete(s.known, string(c.Hash()))
		delete(s.blocks, string(c.Hash()))
	}
	delete(s.standing, string(set.Root.Hash()))
}

const (
	playlist = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/360p24/index.m3u8\n"
	media    = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4.0,\n00/00000.m4s\n#EXT-X-ENDLIST\n"
	longFile = "v/360p24/00/00000.m4s" // three leaves
)

func longData() []byte {
	out := make([]byte, 5<<19)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(out)
	return out
}

// publish writes a small real release.
func publish(t testing.TB, s *shelf, title string) blockset.Set {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.NewChaCha8([32]byte{}))
	require.NoError(t, err)
	release := blockset.Release{
		Release: models.Release{ID: "3kabcdefghijk", ChannelName: "c", Kind: models.KindVideo, Title: title,
			Rev: 1, Duration: 4 * time.Second, CreatedAt: time.Unix(1700000000, 0)},
		Encoder: "e", Profile: "p",
		Renditions: []models.Rendition{{ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360,
			FrameRate: big.NewRat(24, 1), Bandwidth: 2, AverageBandwidth: 1, Duration: 4 * time.Second}},
	}
	for path, data := range map[string]string{
		"master.m3u8": playlist, "v/360p24/index.m3u8": media, "v/360p24/init.mp4": "init", longFile: string(longData()),
	} {
		file, err := blockset.AddFile(t.Context(), s, path, strings.NewReader(data))
		require.NoError(t, err)
		release.Files = append(release.Files, file)
	}
	set, err := blockset.Write(t.Context(), s, key, release)
	require.NoError(t, err)
	return set
}

// raw stores a block of any codec and returns its CID.
func (s *shelf) raw(codec uint64, data []byte) cid.Cid {
	sum, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	c := cid.NewCidV1(codec, sum)
	s.put(c, data)
	return c
}

func start(t testing.TB, cfg Config, deps Deps) *Gateway {
	t.Helper()
	g, err := New(cfg, deps)
	require.NoError(t, err)
	return g
}

// ask makes one request; target is a path with query, head "Name: value" lines.
// A host other than 127.0.0.1 goes before the path.
func ask(t testing.TB, g *Gateway, method, target string, head ...string) *http.Response {
	t.Helper()
	host := "127.0.0.1"
	if at := strings.IndexByte(target, '/'); at > 0 {
		host, target = target[:at], target[at:]
	}
	server := httptest.NewServer(g)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, nil)
	require.NoError(t, err)
	req.Host = host
	for _, line := range head {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, answer.Body.Close())
	if err != nil {
		body = append(body, "\ncut off"...)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer
}

func bodyOf(t testing.TB, answer *http.Response) []byte {
	t.Helper()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return body
}

func containsRelease(body string) bool { return strings.Contains(body, "EXTM3U") }
