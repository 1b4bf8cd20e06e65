package server

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"runnel/server/certificates"
)

// listenSecurely binds the ports of HTTPS and of the way there.
func (s *Server) listenSecurely() (err error) {
	if s.https, err = net.Listen("tcp", s.cfg.HTTPS); err != nil {
		return fmt.Errorf("server: --https: %w", err)
	}
	if s.cfg.RedirectHTTP == "" {
		return nil
	}
	if s.redirect, err = net.Listen("tcp", s.cfg.RedirectHTTP); err != nil {
		return fmt.Errorf("server: --redirect-http: %w", err)
	}
	return nil
}

// secureURL is how browsers reach a domain on a port.
func secureURL(domain string, at net.Addr) string {
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.Port != 443 {
		return fmt.Sprintf("https://%s:%d", domain, tcp.Port)
	}
	return "https://" + domain
}

// certificates are the settings of the domain's certificate, kept in dir.
func (c Config) certificates(dir string) certificates.Config {
	return certificates.Config{Domain: c.Domain, Dir: dir, Directory: c.Authority, Email: c.AuthorityEmail}
}

// openCertificates keeps the certificate where servers that act as one share it:
// the authority may come back to any of them.
func (s *Server) openCertificates(context.Context) (err error) {
	if s.https == nil {
		return nil
	}
	cfg := s.cfg.certificates(filepath.Join(s.folder.Shared, "certificates"))
	cfg.Log = s.log
	if s.certificates, err = certificates.New(cfg); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// serveSecurely serves pages, API and media over HTTPS, gets the certificate,
// and leads plain HTTP there. --http goes on answering programs on this machine.
func (s *Server) serveSecurely(ctx context.Context, group *errgroup.Group) {
	secure := s.web.HTTPServer("")
	secure.TLSConfig = s.certificates.TLS()
	s.serve(ctx, group, secure, s.https)
	if s.redirect != nil {
		public, err := url.Parse(s.publicURL)
		if err != nil {
			public = &url.URL{Scheme: "https", Host: s.cfg.Domain}
		}
		plain := s.web.HTTPServer("")
		plain.Handler = s.certificates.Plain(public)
		s.serve(ctx, group, plain, s.redirect)
	}
	group.Go(func() error { return s.certificates.Run(ctx) })
}
