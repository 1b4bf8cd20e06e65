package delivery

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/blocks"
	"runnel/server/cache"
)

const rendition = "v/360p24"

// noise is the same bytes for the same seed.
func noise(seed byte, n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(out)
	return out
}

// content is a small release: twelve segments, the third of three leaves.
func content() map[string][]byte {
	playlist := "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n"
	files := map[string][]byte{rendition + "/init.mp4": noise(200, 700)}
	for n := range 12 {
		size := 3000
		if n == 2 {
			size = 5 << 19
		}
		files[segment{rendition, n}.path()] = noise(byte(n), size)
		playlist += fmt.Sprintf("#EXTINF:4.0,\n00/%05d.m4s\n", n)
	}
	files[rendition+"/index.m3u8"] = []byte(playlist + "#EXT-X-ENDLIST\n")
	files["master.m3u8"] = []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + rendition + "/index.m3u8\n")
	return files
}

func openStore(t testing.TB) *blocks.Store { return openStoreIn(t, t.TempDir()) }

func openStoreIn(t testing.TB, dir string) *blocks.Store {
	t.Helper()
	s, err := blocks.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// vault keeps blocks in memory: another node's disk, or one that need not last.
type vault struct {
	mu     sync.Mutex
	blocks map[string]models.Block // by multihash
}

func (v *vault) Put(_ context.Context, bs ...models.Block) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.blocks == nil {
		v.blocks = map[string]models.Block{}
	}
	for _, b := range bs {
		v.blocks[string(b.CID.Hash())] = b
	}
	return nil
}

func (v *vault) Get(_ context.Context, c cid.Cid) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b, ok := v.blocks[string(c.Hash())]
	if !ok {
		return nil, models.ErrNotFound
	}
	return bytes.Clone(b.Data), nil
}

func (v *vault) drop(c cid.Cid) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.blocks, string(c.Hash()))
}

// publish writes the release into s.
func publish(t testing.TB, s *vault) blockset.Set { return publishAs(t, s, "t") }

// copyTo puts everything on a real disk.
func (v *vault) copyTo(t testing.TB, s *blocks.Store) {
	t.Helper()
	if err := s.Put(t.Context(), slices.Collect(maps.Values(v.blocks))...); err != nil {
		t.Fatal(err)
	}
}

func publishAs(t testing.TB, s *vault, title string) blockset.Set {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	rel := blockset.Release{
		Release: models.Release{ID: "3kabcdefghijk", ChannelName: "c", Kind: models.KindVideo, Title: title,
			Rev: 1, Duration: 48 * time.Second, CreatedAt: time.Unix(1700000000, 0)},
		Encoder: "e", Profile: "p",
		Renditions: []models.Rendition{{ID: rendition, Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360,
			FrameRate: big.NewRat(24, 1), Bandwidth: 2, AverageBandwidth: 1, Duration: 48 * time.Second}},
	}
	for path, data := range content() {
		f, err := blockset.AddFile(t.Context(), s, path, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		rel.Files = append(rel.Files, f)
	}
	set, err := blockset.Write(t.Context(), s, key, rel)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func fileOf(t testing.TB, set blockset.Set, path string) models.File {
	t.Helper()
	i := slices.IndexFunc(set.Files, func(f models.File) bool { return f.Path == path })
	if i < 0 {
		t.Fatalf("no file %s", path)
	}
	return set.Files[i]
}

// holder is a node elsewhere that has the release; it can be told to wait, to
// fail and to lie.
type holder struct {
	store *vault
	wait  func(ctx context.Context) // before each answer
	fail  error
	lie   func(data []byte) []byte

	mu    sync.Mutex
	asked map[cid.Cid]int
	roots []cid.Cid
}

func (h *holder) Get(ctx context.Context, root, c cid.Cid) ([]byte, error) {
	h.mu.Lock()
	if h.asked == nil {
		h.asked = map[cid.Cid]int{}
	}
	h.asked[c]++
	h.roots = append(h.roots, root)
	h.mu.Unlock()
	if h.wait != nil {
		h.wait(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if h.fail != nil {
		return nil, h.fail
	}
	data, err := h.store.Get(ctx, c)
	if err == nil && h.lie != nil {
		data = h.lie(data)
	}
	return data, err
}

func (h *holder) count(c cid.Cid) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[c]
}

// recorder is Metrics for tests.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) Served(from Source, n int)  { r.note("served %s", from) }
func (r *recorder) Fetched(from Source, n int) { r.note("fetched %s", from) }
func (r *recorder) Refused(from Source)        { r.note("refused %s", from) }
func (r *recorder) Event(e Event)              { r.note("event %d", e) }

func (r *recorder) count(prefix string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if strings.HasPrefix(e, prefix) {
			n++
		}
	}
	return n
}

// viewer is a node that has nothing of its own and asks the holder.
type viewer struct {
	*Delivery
	mem    *cache.Memory
	local  *blocks.Store
	dir    string // of local
	holder *holder
	seen   *recorder
	set    blockset.Set
}

func newViewer(t testing.TB, cfg Config) *viewer {
	t.Helper()
	dir := t.TempDir()
	v := &viewer{mem: cache.NewMemory(32 << 20), local: openStoreIn(t, dir), dir: dir, holder: &holder{store: &vault{}}, seen: &recorder{}}
	v.set = publish(t, v.holder.store)
	v.Delivery = New(cfg, v.mem, v.local, v.holder, slog.New(slog.DiscardHandler), v.seen)
	return v
}

func (v *viewer) segment(n int) cid.Cid {
	for _, f := range v.set.Files {
		if f.Path == (segment{rendition, n}).path() {
			return f.CID
		}
	}
	return cid.Undef
}

// until waits for something that another goroutine brings about.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Errorf("waited in vain for %s", what) // not Fatal: this may be another goroutine
			return
		}
		runtime.Gosched()
	}
}

func (v *viewer) waiters(c cid.Cid) int {
	v.fetches.mu.Lock()
	defer v.fetches.mu.Unlock()
	if f := v.fetches.flights[string(c.Hash())]; f != nil {
		return f.waiters
	}
	return 0
}
