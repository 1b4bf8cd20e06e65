package server

import (
	"context"
	"fmt"
	"net"
)

// listen binds the ports before anything is promised, so that a taken port is
// an error at the start.
func (s *Server) listen(context.Context) (err error) {
	if s.cfg.Role.serves() {
		if s.http, err = net.Listen("tcp", s.cfg.HTTP); err != nil {
			return fmt.Errorf("server: --http: %w", err)
		}
	}
	if s.cfg.Role.serves() && s.cfg.Domain != "" {
		if err := s.listenSecurely(); err != nil {
			return err
		}
	}
	if s.cfg.AdminHTTP != "" {
		if s.admin, err = net.Listen("tcp", s.cfg.AdminHTTP); err != nil {
			// Metrics are no reason not to serve: a second node on the machine runs without.
			s.log.Warn("metrics are off: the address is taken", "admin-http", s.cfg.AdminHTTP)
			s.admin = nil
		}
	}
	return s.name()
}

// name decides by which address browsers reach the node.
func (s *Server) name() error {
	switch s.publicURL = s.cfg.PublicURL; {
	case s.publicURL != "":
	case s.https != nil:
		s.publicURL = secureURL(s.cfg.Domain, s.https.Addr())
	case s.http == nil:
		s.publicURL = "http://localhost" // nobody is sent there
	default:
		_, port, err := net.SplitHostPort(s.http.Addr().String())
		if err != nil {
			return fmt.Errorf("server: --http: %w", err)
		}
		s.publicURL = "http://localhost:" + port
	}
	return nil
}

// local is how programs on this machine reach the node.
func (s *Server) local() string {
	host, port, _ := net.SplitHostPort(s.http.Addr().String()) // the listener made it
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
