// Package acmetest runs a real ACME authority (Pebble) in a test's process.
package acmetest

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// Authority issues certificates for any name whose challenge it finds answered
// on this machine, until the test ends.
type Authority struct {
	Directory string            // the URL of its ACME directory
	TLS       *x509.Certificate // what that URL is served with
	Roots     *x509.CertPool    // who signs what it issues
}

// Start starts an authority that comes back to http-01 challenges on the port
// plain of 127.0.0.1 and to tls-alpn-01 on secure.
func Start(t *testing.T, plain, secure int) Authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", 0, 1, map[string]ca.Profile{"default": {Description: "default"}})
	checks := va.New(quiet, plain, secure, false, names(t), store)
	front := wfe.New(quiet, store, checks, issuer, false, false, 1, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(issuer.GetRootCert(0).Cert)
	return Authority{Directory: server.URL + wfe.DirectoryPath, TLS: server.Certificate(), Roots: roots}
}

// names runs a DNS server by which every name leads to this machine.
func names(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		answer := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			head := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}
			answer.Answer = []dns.RR{&dns.A{Hdr: head, A: net.IPv4(127, 0, 0, 1)}}
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}
