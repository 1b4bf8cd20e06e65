//go:build conformance

package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	carv2 "github.com/ipld/go-car/v2"
	"github.com/libp2p/go-libp2p/core/crypto"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"runnel/server/p2p"
)

// TestConformance runs a real node whose gateway is open and whose only peer has
// the specimens: the node holds nothing, so all that it answers came by Bitswap.
// With RUNNEL_CONFORMANCE naming a folder with the specifications' own suite, the
// peer has the suite's fixtures too and the suite is run against the node.
// scripts/conformance sets what it needs.
func TestConformance(t *testing.T) {
	s := newSpecimens(t)
	suite := os.Getenv("RUNNEL_CONFORMANCE")
	if suite != "" {
		s.load(filepath.Join(suite, "fixtures"))
	}
	at := runNode(t, s.peer(t), s.tree)
	t.Run("as the library", func(t *testing.T) { s.compare(t, at) })
	t.Run("suite", func(t *testing.T) {
		if suite == "" {
			t.Log("not run: RUNNEL_CONFORMANCE names no suite")
			return
		}
		runSuite(t, suite, at)
	})
}

// load takes the blocks of every CAR below a folder.
func (s *specimens) load(folder string) {
	require.NoError(s.t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".car" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		blocks, err := carv2.NewBlockReader(file)
		for err == nil {
			var b interface {
				Cid() cid.Cid
				RawData() []byte
			}
			if b, err = blocks.Next(); err == nil {
				err = s.keep(b.Cid(), b.RawData())
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}))
}

// peer starts a peer that gives all blocks to anybody, and returns its address.
func (s *specimens) peer(t *testing.T) string {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	peer, err := p2p.New(p2p.Config{
		Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/0")},
		Servable: func(context.Context, cid.Cid) bool { return true },
	}, s.store, slog.New(slog.NewTextHandler(t.Output(), nil)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = peer.Close() })
	return peer.Addrs()[0].String()
}

// runNode starts the program that RUNNEL names, and returns host:port of its gateway,
// once it has a block that only the peer has.
func runNode(t *testing.T, peer string, first cid.Cid) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := listener.Addr().String()
	require.NoError(t, listener.Close())
	cmd := exec.Command(os.Getenv("RUNNEL"), "serve", "--data", t.TempDir(), "--http", "127.0.0.1:0", "--admin-http", "", "--gateway-http", at,
		"--gateway", "open", "--p2p", "/ip4/127.0.0.1/tcp/0", "--bootstrap", peer)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the node's log:\n%.20000s", log.String())
		}
	})
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + at + "/ipfs/" + first.String() + "?format=raw")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
	return at
}

// compare asks the node what TestAnswersAsTheLibrary asks the gateway.
func (s *specimens) compare(t *testing.T, at string) {
	_, port, err := net.SplitHostPort(at)
	require.NoError(t, err)
	oracle := httptest.NewServer(s.oracle())
	defer oracle.Close()
	passed, failed := 0, 0
	for _, q := range s.queries() {
		if s.waits(q) {
			continue
		}
		ours, theirs := overHTTP(t, at, q, "localhost:"+port), overHTTP(t, oracle.Listener.Addr().String(), q, "localhost:"+port)
		if what := differs(q, ours, theirs); what != "" {
			failed++
			t.Errorf("%s: %s: ours %d %v %.300q, the library's %d %v %.300q", q, what, ours.status, ours.header, ours.body, theirs.status, theirs.header, theirs.body)
			continue
		}
		passed++
	}
	t.Logf("as the library: %d passed, %d failed", passed, failed)
}

// waits reports whether a node with peers has to wait for what nobody has, or
// looks for a name that nobody announced to it.
func (s *specimens) waits(q query) bool {
	torn := strings.Contains(q.Target, s.torn.String()) && !strings.Contains(q.Target, "entity-bytes=0:") && !strings.Contains(q.Target, "scope=block")
	return torn || strings.Contains(q.Target, missing) && q.Head.Get("Cache-Control") == "" || strings.Contains(q.Host+q.Target, s.valid) ||
		strings.Contains(q.Host+q.Target, s.deep) || strings.Contains(q.Host+q.Target, s.old) || strings.Contains(q.Host+q.Target, s.forged)
}

// overHTTP asks over HTTP.
func overHTTP(t *testing.T, at string, q query, host string) answer {
	r, err := http.NewRequestWithContext(t.Context(), q.Method, "http://"+at+q.Target, nil)
	require.NoError(t, err)
	r.Host = "127.0.0.1:8081"
	if q.Host != "" {
		r.Host = strings.ReplaceAll(q.Host, "{gw}", host)
	}
	for name, values := range q.Head {
		r.Header[name] = []string{strings.ReplaceAll(values[0], "{gw}", host)}
	}
	r.Header.Set("Accept-Encoding", "identity")
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err, q.String())
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) { // the library promises some ranges longer than the file
		body, err = append(body, " and a cut"...), nil
	}
	require.NoError(t, err, q.String())
	return answer{res.StatusCode, res.Header, body}
}

// runSuite runs the specifications' own suite, but for names and DNSLinks, which
// its fixtures announce to nobody.
func runSuite(t *testing.T, folder, at string) {
	_, port, err := net.SplitHostPort(at)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "test", "./tests", "-count=1", "-json",
		"-specs=-trustless-ipns-gateway,-path-ipns-gateway,-subdomain-ipns-gateway,-dnslink-gateway")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GATEWAY_URL=http://"+at, "SUBDOMAIN_GATEWAY_URL=http://localhost:"+port)
	out, err := cmd.Output() // it fails with any of its tests
	t.Logf("go test: %v", err)
	verdicts, words := map[string]string{}, map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.Test == "" {
			continue
		}
		words[event.Test] += event.Output
		if event.Action == "pass" || event.Action == "fail" || event.Action == "skip" {
			verdicts[event.Test] = event.Action
		}
	}
	count := map[string]int{}
	for name, verdict := range verdicts {
		if leaf := !hasChildren(verdicts, name); leaf {
			count[verdict]++
			if verdict == "fail" {
				t.Errorf("%s\n%.2000s", name, words[name])
			}
		}
	}
	require.NotZero(t, count["pass"], "%.5000s", out)
	t.Logf("suite: %d passed, %d failed, %d skipped", count["pass"], count["fail"], count["skip"])
}

func hasChildren(verdicts map[string]string, name string) bool {
	for other := range verdicts {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}
