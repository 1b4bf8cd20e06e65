package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/ipfs/go-cid"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

// node is the HTTP face over a real catalogue, a real spool and real block sets.
// Only the blocks lie in memory and the peer network is off.
type node struct {
	t      *testing.T
	clock  *clock
	cat    *catalog.Catalog
	spool  *spool.Store
	blocks *memoryBlocks
	web    *Server
	http   *httptest.Server
	log    *lockedBuffer
	people map[string]person
}

// person is an account with its two ways in.
type person struct {
	account models.Account
	channel models.Channel
	token   string
	session string
}

const (
	testPassword = "correct horse battery staple"
	testMaxSize  = 4 << 20
)

var testSecret = [32]byte([]byte("0123456789abcdef0123456789abcdef"))

// freshCatalog returns the file of an empty catalogue. Its migrations run once
// for all tests: with the race detector they take a second.
var freshCatalog = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "runnel.db")
	c, err := catalog.Open(context.Background(), catalog.Config{URL: file, Secret: testSecret}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// cheap keeps argon2id from taking most of the tests' time.
var cheap = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func newNode(t *testing.T, change ...func(*Config, *Deps)) *node {
	t.Helper()
	n := &node{t: t, clock: newClock(), log: &lockedBuffer{}, blocks: &memoryBlocks{m: map[cid.Cid][]byte{}}, people: map[string]person{}}
	log := slog.New(slog.NewJSONHandler(n.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	secret := testSecret
	fresh, err := freshCatalog()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "runnel.db"), fresh, 0o600))
	n.cat, err = catalog.Open(t.Context(), catalog.Config{URL: filepath.Join(dir, "runnel.db"), Secret: secret, Now: n.clock.now}, log)
	must(t, err)
	t.Cleanup(func() { must(t, n.cat.Close()) })
	n.spool, err = spool.New(spool.Config{
		Dir: filepath.Join(dir, "uploads"), MaxSize: testMaxSize, MaxOpen: 20,
		Now: n.clock.now, Free: func(string) (int64, error) { return 1 << 40, nil },
	}, n.cat, log)
	must(t, err)
	tus, err := spool.NewHandler(spool.HandlerConfig{BasePath: uploadsPath, NetworkTimeout: 5 * time.Second, LockTimeout: 2 * time.Second}, n.spool)
	must(t, err)
	cfg := Config{
		PublicURL: "http://localhost:8080", Secret: secret[:], MaxSize: testMaxSize, Password: &cheap, Now: n.clock.now,
		Poll: 5 * time.Millisecond, Beat: time.Hour, Pages: testPages(), Version: "test",
	}
	deps := Deps{
		Accounts: n.cat, Sessions: n.cat, Tokens: n.cat, Setup: n.cat, Releases: n.cat, Desk: n.cat, Reports: n.cat, Queue: n.cat, Trail: n.cat, Moderators: moderators{n.cat}, Jobs: n.cat,
		Growing: n.cat, Roots: n.cat, Uploads: n.cat, Studio: n.cat, Beside: besideDesk{n}, Limits: n.cat, Figures: n.cat, Tus: tus, Delivery: delivery{n}, Archives: delivery{n}, Pins: &pinDesk{},
		Collections: n.cat, Curation: n.cat, Orders: n.cat, Channels: n.cat, Follows: n.cat, Plays: n.cat, Sizes: delivery{n},
		People: n.cat, Overview: overviewOf{n.cat},
		Node: func() NodeInfo { return NodeInfo{PeerID: "12D3KooWtest", Version: "test"} },
		Log:  log,
	}
	for _, c := range change {
		c(&cfg, &deps)
	}
	n.web, err = New(cfg, deps)
	must(t, err)
	n.http = httptest.NewServer(n.web.Handler())
	t.Cleanup(n.http.Close)
	return n
}

func testPages() fstest.MapFS {
	return fstest.MapFS{
		"index.html":              {Data: []byte("<!doctype html><html><head><title>Runnel</title></head><body></body></html>")},
		"assets/Watch-0a1b.js":    {Data: []byte(strings.Repeat("export const play = 1\n", 50))},
		"assets/Watch-0a1b.js.br": {Data: []byte("as the build has packed it")},
		"assets/Watch-0a1b.css":   {Data: []byte("video{}")},
		"assets/app-0a1b.js":      {Data: []byte("export {}")},
		"assets/app-0a1b.css":     {Data: []byte("body{}")},
		"favicon.svg":             {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
		".vite/manifest.json": {Data: []byte(`{
			"index.html": {"file": "assets/app-0a1b.js", "isEntry": true, "css": ["assets/app-0a1b.css"], "dynamicImports": ["src/pages/Watch.svelte"]},
			"src/pages/Watch.svelte": {"file": "assets/Watch-0a1b.js", "css": ["assets/Watch-0a1b.css"], "imports": ["index.html"]}}`)},
	}
}

// join makes an account of a role with a token and a session.
func (n *node) join(name string, role models.Role) person {
	n.t.Helper()
	ctx := n.t.Context()
	hash, err := n.web.passwords.hash(ctx, testPassword)
	must(n.t, err)
	var p person
	p.account, p.channel, _, err = n.cat.CreateAccount(ctx, name, role, hash)
	must(n.t, err)
	p.token, _, err = n.cat.CreateToken(ctx, p.account.ID, "test", models.ScopeAll, 0)
	must(n.t, err)
	p.session, err = n.cat.CreateSession(ctx, p.account.ID, sessionLife)
	must(n.t, err)
	n.people[name] = p
	return p
}

// moderators decide in the catalogue, without a peer network to tell.
type moderators struct{ cat *catalog.Catalog }

func (m moderators) Decide(ctx context.Context, d models.Decision) (models.TrailEntry, error) {
	entry, _, err := m.cat.Decide(ctx, d)
	return entry, err
}

// block blocks an account, or lets it in.
func (n *node) block(account int64, blocked bool) {
	n.t.Helper()
	d := models.Decision{Action: models.ActionUnblockAccount, AccountID: account, By: account}
	if blocked {
		d.Action = models.ActionBlockAccount
	}
	_, _, err := n.cat.Decide(context.WithoutCancel(n.t.Context()), d)
	must(n.t, err)
}

// request is one HTTP request of a test.
type request struct {
	method, path string
	body         string
	header       http.Header
	as           *person // by token
}

func (n *node) do(r request) *http.Response {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), r.method, n.http.URL+r.path, strings.NewReader(r.body))
	must(n.t, err)
	if r.body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range r.header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Host = req.Header.Get("Host") // empty: the URL's
	if r.as != nil {
		req.Header.Set("Authorization", "Bearer "+r.as.token)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(n.t, err)
	body, err := io.ReadAll(res.Body)
	must(n.t, err)
	must(n.t, res.Body.Close())
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res
}

func (n *node) get(path string, as *person) *http.Response {
	n.t.Helper()
	return n.do(request{method: http.MethodGet, path: path, as: as})
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	res.Body = io.NopCloser(bytes.NewReader(b))
	return string(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// memoryBlocks keeps blocks for blockset.
type memoryBlocks struct {
	mu sync.Mutex
	m  map[cid.Cid][]byte
}

func (m *memoryBlocks) Put(_ context.Context, bs ...models.Block) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range bs {
		m.m[b.CID] = b.Data
	}
	return nil
}

func (m *memoryBlocks) Get(_ context.Context, c cid.Cid) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.m[c]; ok {
		return b, nil
	}
	return nil, models.ErrNotFound
}

// delivery hands out files of one block; blockset resolves their paths.
type delivery struct{ n *node }

func (d delivery) Open(ctx context.Context, root cid.Cid, path string) (*Content, error) {
	set, err := blockset.Open(ctx, d.n.blocks, root)
	if err != nil {
		return nil, err
	}
	file, _, err := set.Resolve(ctx, path)
	if err != nil {
		return nil, err
	}
	return d.File(ctx, root, file)
}

func (d delivery) File(ctx context.Context, _, file cid.Cid) (*Content, error) {
	b, err := d.n.blocks.Get(ctx, file)
	if err != nil {
		return nil, err
	}
	return &Content{Body: bytes.NewReader(b), Size: int64(len(b)), CID: file, Source: "local"}, nil
}

func (d delivery) Size(ctx context.Context, root cid.Cid, path string) (int64, error) {
	content, err := d.Open(ctx, root, path)
	if err != nil {
		return 0, err
	}
	return content.Size, nil
}

func (d delivery) Raw(ctx context.Context, root cid.Cid) ([]byte, error) {
	return d.n.blocks.Get(ctx, root)
}

func (d delivery) CAR(ctx context.Context, root cid.Cid, w io.Writer) error {
	return blockset.ExportCAR(ctx, d.n.blocks, root, w)
}

// pinDesk remembers what it was told to pin.
type pinDesk struct{ pins sync.Map }

func (p *pinDesk) Pin(_ context.Context, root cid.Cid) (models.Pin, error) {
	pin := models.Pin{Root: root.String(), Reason: models.PinAsked, State: models.PinQueued}
	p.pins.Store(root, pin)
	return pin, nil
}

func (p *pinDesk) Unpin(_ context.Context, root cid.Cid) error {
	if _, ok := p.pins.LoadAndDelete(root); !ok {
		return models.ErrNotFound
	}
	return nil
}

func (p *pinDesk) PinState(_ context.Context, root cid.Cid) (models.Pin, error) {
	if pin, ok := p.pins.Load(root); ok {
		return pin.(models.Pin), nil
	}
	return models.Pin{}, models.ErrNotFound
}

func (p *pinDesk) ListPins(context.Context) (out []models.Pin, err error) {
	p.pins.Range(func(_, pin any) bool { out = append(out, pin.(models.Pin)); return true })
	return out, nil
}

var errBroken = errors.New("disk /srv/secret/path is on fire")
