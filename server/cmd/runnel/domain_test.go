package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"runnel/server/certificates/acmetest"
)

// freePort is free now; the program binds it a moment later.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// The program, told a domain, gets a certificate from a real authority and is
// reached over HTTP/2 there; a restart asks nobody, and plain HTTP leads there.
func TestDomain(t *testing.T) {
	secure, plain := freePort(t), freePort(t)
	authority := acmetest.Start(t, plain, secure)
	trusted := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.TLS.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	local := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	n := newNode(t, "--public-url", "", "--domain", "media.example", "--https", local(secure), "--redirect-http", local(plain), "--acme", authority.Directory, "--lan")
	n.env = []string{"SSL_CERT_FILE=" + trusted}
	public := "https://media.example:" + strconv.Itoa(secure)

	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: authority.Roots}}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(address)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	t.Cleanup(transport.CloseIdleConnections)
	guest := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for _, start := range []string{"the first", "a second"} {
		n.start()
		n.until(time.Minute, start+" certificate", func() bool {
			res, err := guest.Get("http://media.example:" + strconv.Itoa(plain) + "/healthz")
			if err != nil {
				return false
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			return res.StatusCode == http.StatusOK && res.ProtoMajor == 2 && strings.HasPrefix(res.Request.URL.String(), public)
		})
		n.kill()
		n.args = append(n.args, "--acme", "https://127.0.0.1:1/nobody")
	}
	if !strings.Contains(n.tail(), "url="+public) {
		t.Errorf("the node does not call itself %s", public)
	}
}
