package gateway

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	tunnelHeader = 10 * time.Second // for the head of a request in a tunnel
	tunnelIdle   = time.Minute      // between two requests in a tunnel
)

// tunnel ends the tunnel that a client asks for here, whatever host it names:
// what comes through it are requests to this gateway (RFC 9110, 9.3.6; "HTTP proxy"
// of https://specs.ipfs.tech/http-gateways/subdomain-gateway/).
func (g *Gateway) tunnel(w http.ResponseWriter) {
	conn, begun, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		http.Error(w, "501 this gateway takes CONNECT over HTTP/1.1 only", http.StatusNotImplemented)
		return
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		_ = conn.Close()
		return
	}
	inner := &http.Server{Handler: g, ReadHeaderTimeout: tunnelHeader, IdleTimeout: tunnelIdle, MaxHeaderBytes: 16 << 10}
	_ = inner.Serve(&single{conn: &resumed{Conn: conn, in: begun.Reader}, closed: make(chan struct{})})
}

// resumed is a connection of which some bytes have been read ahead.
type resumed struct {
	net.Conn
	in io.Reader

	once sync.Once
	gone func()
}

func (c *resumed) Read(p []byte) (int, error) { return c.in.Read(p) }

// Close tells that the connection is gone.
func (c *resumed) Close() error {
	c.once.Do(c.gone)
	return c.Conn.Close()
}

// single is a listener for one connection; it ends with it.
type single struct {
	conn   *resumed
	once   sync.Once
	closed chan struct{}
}

// Accept returns the connection, and after that waits for its end.
func (s *single) Accept() (conn net.Conn, err error) {
	s.once.Do(func() {
		s.conn.gone = func() { close(s.closed) }
		conn = s.conn
	})
	if conn != nil {
		return conn, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}

// Close leaves the connection alone.
func (s *single) Close() error { return nil }

// Addr is where the client is connected to.
func (s *single) Addr() net.Addr { return s.conn.LocalAddr() }
