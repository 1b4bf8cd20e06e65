package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/server/certificates/acmetest"
)

const domain = "media.example"

// ports are a node's two listeners, where an authority comes back to.
type ports struct{ plain, secure net.Listener }

func listen(t *testing.T) ports {
	t.Helper()
	var both [2]net.Listener
	for i := range both {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		both[i] = l
	}
	return ports{both[0], both[1]}
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func authority(t *testing.T, p ports) (directory string, client *http.Client, roots *x509.CertPool) {
	t.Helper()
	a := acmetest.Start(t, port(p.plain), port(p.secure))
	trusted := x509.NewCertPool()
	trusted.AddCert(a.TLS)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	t.Cleanup(transport.CloseIdleConnections)
	return a.Directory, &http.Client{Transport: transport}, a.Roots
}

// serve answers on both listeners as a node does.
func serve(t *testing.T, c *Certificates, p ports) {
	t.Helper()
	public := &url.URL{Scheme: "https", Host: domain}
	for l, s := range map[net.Listener]*http.Server{
		p.plain:                            {Handler: c.Plain(public)},
		tls.NewListener(p.secure, c.TLS()): {Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })},
	} {
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
	}
}

// visitor trusts the authority and finds the domain on this machine.
func visitor(t *testing.T, roots *x509.CertPool, p ports) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := p.secure
			if _, port, _ := net.SplitHostPort(address); port == "80" {
				to = p.plain
			}
			return new(net.Dialer).DialContext(ctx, network, to.Addr().String())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestCertificateFromAnAuthority(t *testing.T) {
	p := listen(t)
	directory, client, roots := authority(t, p)
	cfg := Config{Domain: domain, Dir: t.TempDir(), Directory: directory, Client: client, Log: slog.New(slog.DiscardHandler)}
	c, err := New(cfg)
	require.NoError(t, err)
	serve(t, c, p)
	guest := visitor(t, roots, p)

	_, err = guest.Get("https://" + domain) //nolint:bodyclose // there is none
	require.Error(t, err, "a handshake before there is a certificate")
	require.NoError(t, c.Run(t.Context()))
	res, err := guest.Get("http://" + domain + "/watch/x?t=1") // by way of the redirect
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, "hello", string(body))
	require.Equal(t, "https://"+domain+"/watch/x?t=1", res.Request.URL.String())

	// A start after the first asks nobody.
	again := cfg
	again.Directory = "https://127.0.0.1:1/nobody"
	second, err := New(again)
	require.NoError(t, err)
	require.NoError(t, second.Run(t.Context()))
	state, err := second.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, domain, state)
}

func TestAuthorityThatRefuses(t *testing.T) {
	p := listen(t)
	directory, client, _ := authority(t, p)
	c, err := New(Config{Domain: domain, Dir: t.TempDir(), Directory: directory, Client: client, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, p.plain.Close()) // nobody answers the challenges
	require.NoError(t, p.secure.Close())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	require.Eventually(t, func() bool {
		_, err := c.State(ctx)
		return errors.Is(err, models.ErrUnavailable)
	}, time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestPlainPortAsksNothingAgain(t *testing.T) {
	c, err := New(Config{Domain: domain, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	c.Plain(&url.URL{Scheme: "https", Host: domain}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/sessions", nil))
	require.Equal(t, http.StatusBadRequest, w.Code)
}

func TestValidate(t *testing.T) {
	for name, good := range map[string]bool{
		"media.example": true, "müsik.example": true, "a.b.c.example": true,
		"": false, "localhost": false, "10.0.0.1": false, "::1": false, "media.example:443": false, "a b.example": false, "../x.example": false,
	} {
		err := Config{Domain: name}.Validate()
		require.Equal(t, good, err == nil, "%q: %v", name, err)
		if !good {
			require.ErrorIs(t, err, models.ErrInvalid)
		}
	}
	require.ErrorIs(t, Config{Domain: domain, Directory: "http://ca.example"}.Validate(), models.ErrInvalid)
}
