//go:build interop

package pinning

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"runnel/models/blockset"
)

// kubo is a stock IPFS node with a repository of its own, on loopback only:
// no bootstrap peers, no DHT, no discovery.
type kubo struct {
	t       *testing.T
	program string
	repo    string
	gateway string
}

func newKubo(t *testing.T) *kubo {
	t.Helper()
	program := os.Getenv("RUNNEL_IPFS")
	if program == "" {
		t.Fatal("RUNNEL_IPFS does not name a stock ipfs program; scripts/interop builds one")
	}
	k := &kubo{t: t, program: program, repo: t.TempDir()}
	k.ipfs("init", "--empty-repo", "--profile=test,unixfs-v1-2025")
	for key, value := range map[string]string{
		"AutoConf.Enabled":               "false",
		"AutoTLS.Enabled":                "false",
		"Bootstrap":                      "[]",
		"DNS.Resolvers":                  "{}",
		"Discovery.MDNS.Enabled":         "false",
		"Ipns.DelegatedPublishers":       "[]",
		"Routing.DelegatedRouters":       "[]",
		"Routing.Type":                   `"none"`,
		"Swarm.DisableNatPortMap":        "true",
		"Swarm.RelayClient.Enabled":      "false",
		"Swarm.Transports.Network.Relay": "false",
		"Addresses.Swarm":                `["/ip4/127.0.0.1/tcp/0"]`,
		"Addresses.Gateway":              `"/ip4/127.0.0.1/tcp/0"`,
		"Addresses.API":                  `"/ip4/127.0.0.1/tcp/0"`,
	} {
		k.ipfs("config", "--json", key, value)
	}
	k.serve()
	return k
}

func (k *kubo) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, k.program, args...)
	cmd.Env = append(os.Environ(), "IPFS_PATH="+k.repo, "IPFS_TELEMETRY=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// ipfs runs a command and returns what it printed.
func (k *kubo) ipfs(args ...string) string {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	cmd := k.command(ctx, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(k.t, err, "ipfs %s\n%s", strings.Join(args, " "), stderr.String())
	return strings.TrimSpace(string(out))
}

// serve starts the daemon and waits until it is ready.
func (k *kubo) serve() {
	k.t.Helper()
	cmd := k.command(context.Background(), "daemon")
	out, err := cmd.StdoutPipe()
	require.NoError(k.t, err)
	require.NoError(k.t, cmd.Start())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(out)
		gateway := ""
		for lines.Scan() {
			if _, url, ok := strings.Cut(lines.Text(), "Gateway server listening on "); ok {
				gateway = url
			}
			if strings.Contains(lines.Text(), "Daemon is ready") {
				ready <- gateway
			}
		}
		ended <- cmd.Wait()
	}()
	k.t.Cleanup(func() {
		require.NoError(k.t, cmd.Process.Signal(os.Interrupt))
		<-ended
	})
	select {
	case addr := <-ready:
		k.gateway = gatewayURL(k.t, addr)
	case err := <-ended:
		ended <- err
		k.t.Fatalf("the ipfs daemon ended: %v", err)
	case <-time.After(2 * time.Minute):
		k.t.Fatal("the ipfs daemon does not start")
	}
}

func gatewayURL(t *testing.T, addr string) string {
	t.Helper()
	if strings.HasPrefix(addr, "http") {
		return addr
	}
	a, err := ma.NewMultiaddr(strings.TrimSpace(addr))
	require.NoError(t, err)
	port, err := a.ValueForProtocol(ma.P_TCP)
	require.NoError(t, err)
	return "http://127.0.0.1:" + port
}

// addr returns where the daemon can be dialled.
func (k *kubo) addr() ma.Multiaddr {
	k.t.Helper()
	for line := range strings.Lines(k.ipfs("id", "-f", "<addrs>")) {
		a, err := ma.NewMultiaddr(strings.TrimSpace(line))
		require.NoError(k.t, err)
		if _, err := peer.AddrInfoFromP2pAddr(a); err == nil {
			return a
		}
	}
	k.t.Fatal("the ipfs daemon has no address")
	return nil
}

// fetch gets a path from the daemon's own gateway.
func (k *kubo) fetch(path, byteRange string) (int, []byte) {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.gateway+path, nil)
	require.NoError(k.t, err)
	if byteRange != "" {
		req.Header.Set("Range", byteRange)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(k.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(k.t, err)
	return resp.StatusCode, body
}

// A stock IPFS node pins a release from a node of ours and serves it alone, one
// of ours pins it from the stock node, and the exported files have the same
// root when a stock node adds them.
func TestStockIPFS(t *testing.T) {
	k := newKubo(t)
	a := newNode(t, nil)
	set := a.publish(t, 6)
	root := set.Root.String()
	files := filepath.Join(t.TempDir(), "release")
	require.NoError(t, blockset.ExportDir(t.Context(), a.store, set.Root, files))

	t.Run("adds the same root", func(t *testing.T) {
		require.Equal(t, root, k.ipfs("add", "-r", "-Q", "--only-hash", "--cid-version=1", files))
	})
	t.Run("gets only what is servable", func(t *testing.T) {
		hidden := write(t, a.store, 1)
		k.ipfs("swarm", "connect", a.peers.Addrs()[0].String())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		out, err := k.command(ctx, "block", "get", hidden.Root.String()).Output()
		require.Error(t, err)
		require.Empty(t, out)
	})
	t.Run("pins from us", func(t *testing.T) {
		start := time.Now()
		k.ipfs("pin", "add", "--progress=false", root)
		t.Logf("pinned %d blocks, %d bytes in %s", len(set.Blocks), set.Bytes, time.Since(start))
		require.Contains(t, k.ipfs("pin", "ls", "--type=recursive"), root)
	})
	require.NoError(t, a.peers.Close())
	t.Run("serves it alone", func(t *testing.T) {
		for _, f := range set.Files {
			want, err := os.ReadFile(filepath.Join(files, filepath.FromSlash(f.Path)))
			require.NoError(t, err)
			status, got := k.fetch("/ipfs/"+root+"/"+f.Path, "")
			require.Equal(t, http.StatusOK, status, f.Path)
			require.True(t, bytes.Equal(want, got), f.Path)
		}
		status, got := k.fetch("/ipfs/"+root+"/v/360p24/00/00000.m4s", "bytes=1048570-1048579")
		require.Equal(t, http.StatusPartialContent, status)
		require.Equal(t, noise(100, 1<<20+5000)[1048570:1048580], got)
	})
	t.Run("gives it to us", func(t *testing.T) {
		b := newNode(t, nil)
		require.NoError(t, b.peers.Connect(t.Context(), k.addr()))
		require.Eventually(t, func() bool {
			return len(b.peers.Peers()) == 1 && strings.HasPrefix(b.peers.Peers()[0].Agent, "kubo/")
		}, soon, 10*time.Millisecond)
		require.NoError(t, b.keeper.Pin(t.Context(), set.Root, nil))
		b.requireHolds(t, set)
	})
}
