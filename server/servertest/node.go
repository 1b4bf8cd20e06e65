package servertest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"runnel/models"
	"runnel/server"
	"runnel/server/client"
	"runnel/transcode"
)

// Node is one node of a cluster.
type Node struct {
	*server.Server // of the present run

	t     testing.TB
	cfg   server.Config
	token string
	end   func() error // of the present run; nil: killed
}

// Cluster starts n nodes that do not know of each other and stops them when the
// test ends. change, if any, may set other parts of each node's settings.
func Cluster(t testing.TB, n int, change ...func(i int, c *server.Config)) []*Node {
	t.Helper()
	nodes := make([]*Node, n)
	for i := range nodes {
		nodes[i] = &Node{t: t, cfg: settings(t)}
		for _, do := range change {
			do(i, &nodes[i].cfg)
		}
		nodes[i].Start()
		t.Cleanup(nodes[i].Kill)
	}
	return nodes
}

func settings(t testing.TB) server.Config {
	t.Helper()
	dir := t.TempDir()
	fresh, err := freshDatabase()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "runnel.db"), fresh, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return server.Config{
		Data: dir, HTTP: "127.0.0.1:0", GatewayHTTP: "127.0.0.1:0", P2P: []string{"/ip4/127.0.0.1/tcp/0"},
		Database: "sqlite", MaxUpload: 1 << 30, CacheBytes: 16 << 20, Jobs: 1, Version: "test",
		Profile: ladder(), BlockTimeout: 2 * time.Second, PinPause: 50 * time.Millisecond,
	}
}

// ladder is the least that makes a release of picture and sound.
func ladder() transcode.Profile {
	p := transcode.Standard()
	p.Name, p.Preset, p.FirstPart, p.Part = "servertest-1", "ultrafast", 1, 1
	p.Rungs = []transcode.Rung{{Size: 180, CRF: "30", MaxRate: 200_000}}
	p.VideoAudio = []transcode.Voice{{BitRate: 64_000, Channels: 2}}
	return p
}

// freshDatabase is a migrated, empty catalogue: migrating takes longer than the
// rest of a node's start.
var freshDatabase = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "servertest")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	folder, err := server.MakeFolder(context.Background(), server.Where{Data: dir, Database: "sqlite"})
	if err != nil {
		return nil, err
	}
	if err := folder.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "runnel.db"))
})

// Start runs the node on its data folder; its ports are new ones.
func (n *Node) Start() {
	n.t.Helper()
	log := slog.New(slog.NewTextHandler(n.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	node, err := server.New(context.Background(), n.cfg, log)
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- node.Run(ctx) }()
	n.Server = node
	n.end = sync.OnceValue(func() error { stop(); return <-done })
	if n.token == "" {
		_, n.token, err = node.Folder().CreateToken(context.Background(), "owner", "test", models.ScopeAll, 0)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// Kill ends the node's run; its data stays.
func (n *Node) Kill() {
	n.t.Helper()
	if n.end == nil {
		return
	}
	if err := n.end(); err != nil {
		n.t.Errorf("a node ended with %v", err)
	}
	n.end = nil
}

// Owner acts on the node as its owner.
func (n *Node) Owner() *client.Client { return client.New(n.URL(), n.token) }

// Visitor acts on the node as a stranger.
func (n *Node) Visitor() *client.Client { return client.New(n.URL(), "") }

// Connect connects the node with others.
func (n *Node) Connect(others ...*Node) {
	n.t.Helper()
	for _, other := range others {
		if err := n.Server.Connect(n.t.Context(), other.PeerAddrs()[0]); err != nil {
			n.t.Fatal(err)
		}
	}
}

// Part cuts the node off from another, whoever of them dials, until heal is
// called.
func (n *Node) Part(other *Node) (heal func()) {
	n.t.Helper()
	here, err := n.Shun(other.PeerID())
	if err != nil {
		n.t.Fatal(err)
	}
	there, err := other.Shun(n.PeerID())
	if err != nil {
		n.t.Fatal(err)
	}
	return func() { here(); there() }
}
