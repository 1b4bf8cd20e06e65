package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runnel/models/catalog/pgtest"
	"runnel/server/client"
)

// TestBackupMoves publishes on SQLite and backs the node up while one upload has
// stopped halfway and another goes on; a node on PostgreSQL takes over and ends
// the first. Then all is lost but a backup without media, and they come back from
// a peer.
func TestBackupMoves(t *testing.T) {
	at := pgtest.New(t)
	data, err := os.ReadFile(clip(t, 2, "320x180"))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	old := newNode(t)
	old.start()
	token := lastLine(old.must("token", "create", "owner"))
	setPassword(t, old, "correct horse")
	film, half, other := &upload{n: old, token: token, data: data}, &upload{n: old, token: token, data: data[:len(data)/2]}, &upload{n: old, token: token, data: data}
	must(t, film.whole(ctx))
	made, err := client.New(old.url(), token).Create(ctx, int64(len(data)), map[string]string{"filename": "clip.mp4"})
	must(t, err)
	half.url, half.id = made.URL, made.Release
	must(t, half.send(ctx))

	dir := t.TempDir()
	big, small := filepath.Join(dir, "big"), filepath.Join(dir, "small")
	done := make(chan error, 1)
	go func() { done <- other.whole(ctx) }()
	old.must("backup", big, "--media")
	must(t, <-done)
	old.kill()

	moved := newNode(t)
	moved.env = []string{"RUNNEL_DATABASE=" + at.Database(t, "moved")}
	moved.must("restore", big)
	moved.start()
	signIn(t, moved, "correct horse")
	film.n, half.n = moved, moved
	plays(t, moved, film)
	half.url, half.data = strings.Replace(half.url, old.url(), moved.url(), 1), data
	must(t, half.rest(ctx))
	plays(t, moved, half)
	moved.must("check")
	moved.must("backup", small)

	peer := newNode(t, "--bootstrap", address(t, moved))
	peer.start()
	manifest := release(t, film).Manifest
	peer.must("pin", manifest)
	bootstrap := address(t, peer)
	moved.kill()
	alone := newNode(t, "--bootstrap", bootstrap)
	if out := alone.must("restore", small); !strings.Contains(out, "are missing") {
		t.Fatal(out)
	}
	alone.start()
	film.n = alone
	alone.until(time.Minute, "fetched from the peer", func() bool {
		res, err := http.Get(alone.url() + "/ipfs/" + manifest + "/master.m3u8")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	plays(t, alone, film)
	alone.must("check")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// address is where a running node's peers reach it.
func address(t *testing.T, n *node) string {
	t.Helper()
	told := n.must("peers")
	for line := range strings.Lines(told) {
		if strings.Contains(line, "/p2p/") {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no address of a peer: %s", told)
	return ""
}

func setPassword(t *testing.T, n *node, password string) {
	t.Helper()
	cmd := exec.Command(binary, "user", "passwd", "owner", "--password-stdin", "--data", n.data)
	cmd.Stdin = strings.NewReader(password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func signIn(t *testing.T, n *node, password string) {
	t.Helper()
	res, err := http.Post(n.url()+"/api/v1/sessions", "application/json", strings.NewReader(`{"name":"owner","password":"`+password+`"}`))
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatal(res.Status)
	}
}

func release(t *testing.T, u *upload) client.Release {
	t.Helper()
	r, err := client.New(u.n.url(), u.token).Release(t.Context(), u.id)
	must(t, err)
	return r
}

// plays has a player decode a whole release from a node.
func plays(t *testing.T, n *node, u *upload) {
	t.Helper()
	master := n.url() + "/ipfs/" + release(t, u).Manifest + "/master.m3u8"
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", master, "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Fatalf("%s does not play: %v\n%s", master, err, out)
	}
}
