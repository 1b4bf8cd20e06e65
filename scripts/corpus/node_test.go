package corpus

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"runnel/server/client"
)

// node is the program as its user runs it.
type node struct {
	data   string
	pid    int
	url    string
	client *client.Client

	mu  sync.Mutex
	log bytes.Buffer
}

// maxUpload is the largest file that the node takes.
const maxUpload = "1073741824"

// built is the program: what -node names, else of these sources.
func built(t *testing.T) string {
	t.Helper()
	if *program != "" {
		return *program
	}
	binary := filepath.Join(t.TempDir(), "runnel")
	build := exec.Command("go", "build", "-o", binary, "runnel/server/cmd/runnel")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// serve starts the program on an empty data folder, until the test
// ends.
func serve(t *testing.T) *node {
	t.Helper()
	n := &node{data: filepath.Join(t.TempDir(), "data")}
	binary := built(t)
	cmd := exec.Command(binary, "serve", "--data", n.data, "--http", "127.0.0.1:0", "--admin-http", "", "--gateway-http", "",
		"--p2p", "/ip4/127.0.0.1/tcp/0", "--no-lan", "--jobs", "2", "--max-upload", maxUpload)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Stderr = n
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	n.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the node ended with %v", err)
		}
		if t.Failed() {
			t.Logf("log of the node:\n%s", n.tail())
		}
	})
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the node does not start: %v\n%s", err, n.tail())
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	n.url = strings.TrimSpace(strings.TrimPrefix(line, "Runnel is at "))
	n.client = client.New(n.url, n.token(t.Context(), t, binary))
	return n
}

func (n *node) token(ctx context.Context, t *testing.T, binary string) string {
	t.Helper()
	out, err := exec.CommandContext(ctx, binary, "token", "create", "owner", "--data", n.data).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) == 0 {
		t.Fatalf("no token: %v", err)
	}
	return words[len(words)-1]
}

// Write keeps what the node logs.
func (n *node) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(p)
}

// logged is all that the node has logged.
func (n *node) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func (n *node) tail() string {
	all := n.logged()
	return all[max(0, len(all)-8000):]
}
