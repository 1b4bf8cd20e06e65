package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"runnel/server"
	"runnel/server/client"
)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if binary = os.Getenv(builtBefore); binary != "" {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "runnel-binary-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "runnel")
		build := exec.Command("go", "build", "-ldflags", "-s -w -X main.version=test", "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// node is a real node: the program, serving a data folder.
type node struct {
	t    *testing.T
	data string
	http string // host:port, kept over restarts
	args []string
	env  []string
	in   []string // what the command line is put behind, to run elsewhere

	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

func newNode(t *testing.T, args ...string) *node {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return newNodeAt(t, listener.Addr().String(), args...)
}

// newNodeAt is newNode at a given address.
func newNodeAt(t *testing.T, address string, args ...string) *node {
	t.Helper()
	n := &node{t: t, data: filepath.Join(t.TempDir(), "data"), http: address, args: args}
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("log of the node:\n%s", n.tail())
		}
	})
	return n
}

func (n *node) url() string { return "http://" + n.http }

// start starts the program and waits until it says where it is.
func (n *node) start() {
	n.t.Helper()
	args := append([]string{"serve", "--data", n.data, "--http", n.http, "--admin-http", "", "--public-url", n.url()}, n.args...)
	if !strings.Contains(strings.Join(n.args, " "), "--p2p") {
		args = append(args, "--p2p", "/ip4/127.0.0.1/tcp/0")
	}
	line := append(append(n.in[:len(n.in):len(n.in)], binary), args...)
	n.cmd = exec.Command(line[0], line[1:]...)
	n.cmd.Env = append(os.Environ(), n.env...)
	n.cmd.Stderr = n
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan struct{})
	n.done = done
	go func(cmd *exec.Cmd) {
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first {
				close(ready)
			}
		}
		_ = cmd.Wait()
		close(done)
	}(n.cmd)
	select {
	case <-ready:
	case <-done:
		n.t.Fatalf("the node ended at its start:\n%s", n.tail())
	case <-time.After(30 * time.Second):
		n.t.Fatal("the node did not start within 30 s")
	}
	n.until(10*time.Second, "healthy", func() bool { return client.New(n.url(), "").Healthy(n.t.Context()) })
}

// kill ends the program as a power cut would, and waits until it is gone.
func (n *node) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	<-n.done
	n.cmd = nil
}

// owner returns a client that acts as the owner.
func (n *node) owner() *client.Client {
	n.t.Helper()
	secret, _, err := server.OwnerToken(n.t.Context(), server.Where{Data: n.data, Database: "sqlite"}, time.Hour)
	if err != nil {
		n.t.Fatal(err)
	}
	return client.New(n.url(), secret)
}

// run runs a command on the node's data folder and returns what it printed.
func (n *node) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "--data", n.data)...)
	cmd.Env = append(append(os.Environ(), n.env...), "XDG_STATE_HOME="+filepath.Join(filepath.Dir(n.data), "state"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("runnel %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), err
}

// must is run for commands that have to work.
func (n *node) must(args ...string) string {
	n.t.Helper()
	out, err := n.run(args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// until waits for a condition that the running node brings about.
func (n *node) until(limit time.Duration, what string, is func() bool) {
	n.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !is(); <-tick.C {
		if time.Now().After(deadline) {
			n.t.Fatalf("not %s within %s", what, limit)
		}
	}
}

// Write keeps the node's log.
func (n *node) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(p)
}

func (n *node) tail() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.log.String()
	return text[max(0, len(text)-20000):]
}

// clip makes a real video; needs ffmpeg.
func clip(t *testing.T, seconds int, size string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=25:duration=%d", size, seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=48000:duration=%d", seconds), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-c:a", "aac", "-shortest", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return path
}
