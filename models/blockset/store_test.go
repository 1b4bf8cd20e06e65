package blockset

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"

	"runnel/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", name, got)
	}
}

// store keeps blocks in memory, as durable as a test needs.
type store struct {
	mu     sync.Mutex
	blocks map[cid.Cid][]byte
	most   int // bytes in one Put
	gets   int
}

func newStore() *store { return &store{blocks: map[cid.Cid][]byte{}} }

func (s *store) Put(_ context.Context, bs ...models.Block) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, b := range bs {
		if err := checkBlock(b.CID, b.Data); err != nil {
			return err
		}
		s.blocks[b.CID] = b.Data
		n += len(b.Data)
	}
	s.most = max(s.most, n)
	return nil
}

func (s *store) Get(_ context.Context, c cid.Cid) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	data, ok := s.blocks[c]
	if !ok {
		return nil, fmt.Errorf("store: %w", models.ErrNotFound)
	}
	return data, nil
}

// clone copies a store, so that a test can damage it.
func (s *store) clone() *store {
	c := newStore()
	for k, v := range s.blocks {
		c.blocks[k] = v
	}
	return c
}

func (s *store) flip(c cid.Cid) {
	data := bytes.Clone(s.blocks[c])
	data[len(data)/2] ^= 1
	s.blocks[c] = data
}

func testKey(t testing.TB, seed byte) crypto.PrivKey {
	t.Helper()
	raw := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	key, err := crypto.UnmarshalEd25519PrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// noise is the same bytes for the same seed on every machine.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	copy(key[:], fmt.Sprint("noise ", seed))
	out := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(out)
	return out
}

func addBytes(t testing.TB, p Putter, path string, data []byte) models.File {
	t.Helper()
	f, err := AddFile(t.Context(), p, path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mediaPlaylist(segments int) string {
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\"\n")
	for n := range segments {
		fmt.Fprintf(&b, "#EXTINF:4.000000,\n%s\n", segmentPath(n))
	}
	return b.String() + "#EXT-X-ENDLIST\n"
}

const master = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="a,URI=b",URI="a/aac-128-2/0-und/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="aac"
v/360p24/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="v/360p24/iframe.m3u8"
`

// sample is a release of every kind of file: a segment of three leaves, one of
// exactly one, more segments than one folder takes, files of equal content.
func sample(t testing.TB, p Putter) Release {
	t.Helper()
	files := map[string][]byte{
		"master.m3u8":                  []byte(master),
		"v/360p24/init.mp4":            noise(1, 700),
		"v/360p24/index.m3u8":          []byte(mediaPlaylist(3)),
		"v/360p24/iframe.m3u8":         []byte("#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-BYTERANGE:9@0\n00/00000.m4s\n"),
		"v/360p24/00/00000.m4s":        noise(2, 5<<19),
		"v/360p24/00/00001.m4s":        noise(3, 1<<20),
		"v/360p24/00/00002.m4s":        noise(4, 3000),
		"a/aac-128-2/0-und/init.mp4":   noise(5, 600),
		"a/aac-128-2/0-und/index.m3u8": []byte(mediaPlaylist(258)),
		"x/poster.jpg":                 noise(6, 900),
		"x/cover.jpg":                  noise(6, 900),
		"t/0-en/index.m3u8":            []byte("#EXTM3U\n#EXTINF:4,\n0.vtt\n"),
		"t/0-en/0.vtt":                 []byte("WEBVTT\n"),
	}
	for n := range 258 {
		files["a/aac-128-2/0-und/"+segmentPath(n)] = noise(100+uint64(n), 40)
	}
	rel := Release{
		Release: models.Release{
			ID: "3kabcdefghijk", ChannelName: "Zoë's channel", Kind: models.KindVideo, Title: "A “title” with <&> 😀\u2028",
			Description: "Two\nlines", Tags: []string{"b", "a"}, Language: "en", License: "CC-BY-4.0", Rev: 2,
			Duration: 1031999 * time.Microsecond, Poster: "x/poster.jpg", CreatedAt: time.Unix(1700000000, 123456789),
			Loudness: &models.Loudness{Integrated: -23.004999, Range: 4.5, TruePeak: -1},
		},
		Credits:      Credits{Creators: []Creator{{Name: "Zoë", Role: "director"}}, Album: "An album", Track: 7},
		SourceSHA256: [32]byte{1, 2, 3}, SourceBytes: 12345, Encoder: "ffmpeg 5.1.9", Profile: "standard-1",
		Supersedes: rawCID([]byte("before")),
		Renditions: []models.Rendition{
			{ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360,
				FrameRate: big.NewRat(24000, 1001), Cap: 1_000_000, Bandwidth: 900_000, AverageBandwidth: 800_000, Duration: 12 * time.Second},
			{ID: "a/aac-128-2/0-und", Media: models.MediaAudio, Codec: "mp4a.40.2", Channels: 2, Group: "aac-128-2",
				Language: "und", Name: "Sound", Bandwidth: 130_000, AverageBandwidth: 128_000, Duration: 1032 * time.Second,
				SampleRate: 48000, Priming: 1024, Padding: 13, Samples: 49_536_000},
		},
	}
	for _, path := range sortedKeys(files) {
		rel.Files = append(rel.Files, addBytes(t, p, path, files[path]))
	}
	return rel
}

func written(t testing.TB) (*store, Set) {
	t.Helper()
	s := newStore()
	set, err := Write(t.Context(), s, testKey(t, 1), sample(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return s, set
}

func fileOf(t testing.TB, set Set, path string) models.File {
	t.Helper()
	i := slices.IndexFunc(set.Files, func(f models.File) bool { return f.Path == path })
	if i < 0 {
		t.Fatalf("no file %s", path)
	}
	return set.Files[i]
}

// counted notes which blocks were not there yet.
type counted struct {
	*store
	fresh []cid.Cid
}

func (c *counted) Put(ctx context.Context, bs ...models.Block) error {
	c.mu.Lock()
	for _, b := range bs {
		if _, ok := c.blocks[b.CID]; !ok {
			c.fresh = append(c.fresh, b.CID)
		}
	}
	c.mu.Unlock()
	return c.store.Put(ctx, bs...)
}
