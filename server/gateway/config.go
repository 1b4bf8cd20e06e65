package gateway

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"runnel/models"
)

// Config is how a gateway behaves. Zero limits take the defaults below.
type Config struct {
	// Open also serves what this node's catalogue does not know, from wherever
	// Blocks finds it. Otherwise only blocks of servable roots leave.
	Open bool
	// PublicHosts are names, beside localhost, whose subdomains are origins
	// ("gw.example.org" serves CID.ipfs.gw.example.org). No ports, no addresses.
	PublicHosts []string
	// TrustedProxies are addresses, or CIDRs of them, whose X-Forwarded-Host and
	// X-Forwarded-Proto count, beside those of this machine itself.
	TrustedProxies []string

	MaxConcurrent    int           // requests at a time, more are 429
	RetrievalTimeout time.Duration // to the first byte, and from write to write
	MaxDuration      time.Duration // of one response
	MaxResponse      int64         // bytes: a file that says it is larger is 410, a CAR or TAR that gets longer is cut off

	Metrics prometheus.Registerer // nil: not published
}

// Limits of a gateway that is told none.
const (
	DefaultMaxConcurrent    = 512
	DefaultRetrievalTimeout = 30 * time.Second
	DefaultMaxDuration      = time.Hour
	DefaultMaxResponse      = 64 << 30
)

func (c Config) withDefaults() Config {
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = DefaultMaxConcurrent
	}
	if c.RetrievalTimeout == 0 {
		c.RetrievalTimeout = DefaultRetrievalTimeout
	}
	if c.MaxDuration == 0 {
		c.MaxDuration = DefaultMaxDuration
	}
	if c.MaxResponse == 0 {
		c.MaxResponse = DefaultMaxResponse
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry() // the library's own default is a global
	}
	return c
}

// Validate returns what is wrong with the settings, as models.ErrInvalid.
func (c Config) Validate() error {
	if c.MaxConcurrent < 0 || c.RetrievalTimeout < 0 || c.MaxDuration < 0 || c.MaxResponse < 0 {
		return fmt.Errorf("gateway: %w: a limit below zero", models.ErrInvalid)
	}
	for _, host := range c.PublicHosts {
		if host == "" || host != strings.ToLower(host) || strings.ContainsAny(host, "*:/ ") || net.ParseIP(host) != nil {
			return fmt.Errorf("gateway: %w: public host %q is no plain host name", models.ErrInvalid, host)
		}
	}
	_, err := parseProxies(c.TrustedProxies)
	return err
}
