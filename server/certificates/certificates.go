// Package certificates gets the certificate of one domain from an authority and
// renews it, by ACME (RFC 8555) with the challenges http-01 and tls-alpn-01
// (RFC 8737). It knows nothing of what is served under the domain.
package certificates

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"

	"runnel/models"
)

// Config says for what and by whom a certificate is issued. Asking for one means
// agreeing to the authority's terms.
type Config struct {
	Domain    string // the host name, with a dot in it
	Dir       string // where account key and certificates are kept, private, also by several servers
	Directory string // the authority's directory URL; empty: Let's Encrypt's
	Email     string // whom the authority writes to; may be empty
	Log       *slog.Logger
	Client    *http.Client // how the authority is reached; nil: http.DefaultClient
}

// errNone is what a handshake ends with before there is a certificate.
var errNone = errors.New("certificates: none yet")

// Certificates holds the certificate of one domain.
type Certificates struct {
	domain  string
	manager *autocert.Manager
	pause   time.Duration // before a refused request is tried again, at first
	log     *slog.Logger
	ready   atomic.Bool
	refused atomic.Pointer[string] // the authority's last word, if it was no
}

// New checks cfg. Nothing is asked of the authority yet.
func New(cfg Config) (*Certificates, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	domain, err := idna.Lookup.ToASCII(cfg.Domain)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	manager := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(cfg.Dir), Email: cfg.Email,
		HostPolicy: autocert.HostWhitelist(domain),
		Client:     &acme.Client{DirectoryURL: cfg.Directory, HTTPClient: cfg.Client},
	}
	if cfg.Directory == "" {
		manager.Client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	return &Certificates{domain: domain, manager: manager, pause: time.Minute, log: cfg.Log}, nil
}

// Validate refuses what no authority gives a certificate for.
func (c Config) Validate() error {
	name, err := idna.Lookup.ToASCII(c.Domain)
	if err != nil || !strings.Contains(strings.Trim(name, "."), ".") || net.ParseIP(name) != nil {
		return models.NewFault(models.ErrInvalid, "bad_domain", fmt.Sprintf("%q is no domain name that a certificate can be had for.", c.Domain))
	}
	if at, err := url.Parse(c.Directory); c.Directory != "" && (err != nil || at.Scheme != "https" || at.Host == "") {
		return models.NewFault(models.ErrInvalid, "bad_authority", fmt.Sprintf("%q is not the https:// URL of an ACME directory.", c.Directory))
	}
	return nil
}

// TLS returns the settings of a listener for the domain: HTTP/2 and HTTP/1.1,
// TLS 1.2 or newer, and the answers to tls-alpn-01. Handshakes fail until Run
// has a certificate.
func (c *Certificates) TLS() *tls.Config {
	settings := c.manager.TLSConfig()
	settings.MinVersion = tls.VersionTLS12
	settings.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if !c.ready.Load() && !slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
			return nil, errNone
		}
		return c.manager.GetCertificate(hello)
	}
	return settings
}

// Plain returns what answers on the plain HTTP port: http-01 challenges, and for
// everything else the way to the same page over https. What was sent with the
// request has been sent in the clear and is not asked for again (308 for no
// method but GET and HEAD; others are refused).
func (c *Certificates) Plain(public *url.URL) http.Handler {
	return c.manager.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Use "+public.Scheme+"://"+public.Host, http.StatusBadRequest)
			return
		}
		to := *r.URL
		to.Scheme, to.Host = public.Scheme, public.Host
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	}))
}
