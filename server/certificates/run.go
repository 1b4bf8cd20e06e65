package certificates

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"runnel/models"
)

// longestPause is between two requests that an authority refuses. Authorities
// count refusals: Let's Encrypt allows five an hour for a name
// (https://letsencrypt.org/docs/rate-limits/).
const longestPause = time.Hour

// Run gets the certificate, from the folder or from the authority, and asks
// again with growing pauses until it has one or ctx ends. Renewal follows by
// itself, a month before the end. The listeners must be up: the authority comes
// back to them.
func (c *Certificates) Run(ctx context.Context) error {
	for pause := c.pause; ; pause = min(2*pause, longestPause) {
		err := c.obtain(ctx)
		if err == nil {
			c.ready.Store(true)
			c.log.Info("certificate", "domain", c.domain)
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		text := err.Error()
		c.refused.Store(&text)
		c.log.Error("no certificate", "domain", c.domain, "error", err, "again", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// State is a line of /readyz: an error with the authority's reason as long as
// there is no certificate.
func (c *Certificates) State(context.Context) (string, error) {
	if c.ready.Load() {
		return c.domain, nil
	}
	if why := c.refused.Load(); why != nil {
		return "", fmt.Errorf("certificates: %s: %s: %w", c.domain, *why, models.ErrUnavailable)
	}
	return "asking for a certificate", nil
}

// obtain waits for the library, which knows no context, no longer than ctx.
func (c *Certificates) obtain(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		_, err := c.manager.GetCertificate(&tls.ClientHelloInfo{
			ServerName: c.domain, SupportedVersions: []uint16{tls.VersionTLS13},
			SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
			CipherSuites: []uint16{tls.TLS_AES_128_GCM_SHA256},
		})
		done <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		return err
	}
}
