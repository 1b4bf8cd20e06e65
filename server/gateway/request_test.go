package gateway

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForwarded: a host and a scheme count that a proxy names, and nobody else.
func TestForwarded(t *testing.T) {
	t.Parallel()
	g, _, set := served(t, Config{TrustedProxies: []string{"10.1.0.0/16", "192.0.2.7"}})
	path := "/ipfs/" + set.Root.String() + "/master.m3u8"
	for remote, believed := range map[string]bool{
		"127.0.0.1:9": true, "[::1]:9": true, "[::ffff:127.0.0.1]:9": true, "10.1.2.3:9": true, "192.0.2.7:9": true, "192.0.2.8:9": false,
		"10.2.0.1:9": false, "[2001:db8::1]:9": false, "@": false, "": false,
	} {
		r := httptest.NewRequest("GET", path, nil)
		r.Host, r.RemoteAddr = "elsewhere.example", remote
		r.Header.Set("X-Forwarded-Host", "localhost:8081")
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if believed {
			require.Equal(t, "https://"+set.Root.String()+".ipfs.localhost:8081/master.m3u8", w.Header().Get("Location"), remote)
		} else {
			require.Equal(t, http.StatusOK, w.Code, remote)
			require.Equal(t, "sandbox", w.Header().Get("Content-Security-Policy"), remote)
		}
	}
}

// TestProxy: a client that takes the gateway for its proxy gets what the
// gateway has of any host, by tunnel and without, and no further.
func TestProxy(t *testing.T) {
	t.Parallel()
	g, _, set := served(t, Config{})
	server := httptest.NewServer(g)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	host := set.Root.String() + ".ipfs.localhost:8081"
	for _, c := range []struct {
		method, line, host string
		status             int
	}{
		{"GET", "http://" + host + "/master.m3u8", host, 200},
		{"CONNECT", host, host, 200},
		{"GET", "/master.m3u8", host, 200},
		{"CONNECT", "example.org:443", "example.org:443", 200},
		{"GET", "/", "example.org", 404},
	} {
		_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", c.method, c.line, c.host)
		require.NoError(t, err)
		answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodGet})
		require.NoError(t, err, c.line)
		require.Equal(t, c.status, answer.StatusCode, c.line)
		if c.method == "CONNECT" {
			continue // what follows is the tunnel
		}
		if body := bodyOf(t, answer); c.status == 200 {
			require.Equal(t, playlist, string(body))
		}
	}
}

// TestHeadOfCodecs: HEAD of what is no file, with a Range, answers.
func TestHeadOfCodecs(t *testing.T) {
	t.Parallel()
	s := newShelf()
	g := start(t, Config{Open: true}, Deps{Blocks: s, Rules: s})
	for codec, data := range map[uint64]string{0x0200: "{}", 0x51: "\xa0", 0x0129: "{}", 0x71: "\xa0"} {
		answer := ask(t, g, "HEAD", "/ipfs/"+s.raw(codec, []byte(data)).String(), "Range: bytes=1-1")
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Empty(t, answer.Header.Get("Content-Range"))
	}
}
