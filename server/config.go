package server

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"runnel/models"
	"runnel/server/gateway"
	"runnel/server/p2p"
	"runnel/server/web"
	"runnel/transcode"
)

// Config is what a node is told; the commands' flags, environment and settings
// file fill it.
type Config struct {
	Data           string   // the data folder, made if it is new
	Shared         string   // what servers that act as one share; empty: the data folder; see Where
	Blocks         string   // block files; empty: in the shared folder
	Role           Role     // what this server does; empty: all
	HTTP           string   // host:port of API, player and media
	AdminHTTP      string   // host:port of metrics and detailed readiness; empty: off
	P2P            []string // multiaddrs to listen on; nil: the defaults, moving if taken
	Bootstrap      []string // multiaddrs with /p2p/ of peers to stay connected with
	LAN            *bool    // on a local network; nil: unless listening or reached publicly
	EgressLimit    string   // of blocks sent to peers, "20Mbit/s"; empty: none
	Database       string   // "sqlite": in the data folder; or postgres://…
	Registration   string   // whether people make accounts by themselves: off, open, approval; empty: off
	Redis          string   // redis://… of the cache that servers share; empty: none
	GatewayHTTP    string   // host:port of the IPFS gateway; empty: off
	Gateway        string   // "known": what this node publishes or was told to pin; "open": anything
	GatewayHosts   []string // names under which the gateway is reached, beside localhost
	PublicURL      string   // how browsers reach the node; empty: https://DOMAIN, else http://localhost:PORT
	Domain         string   // the name to get a certificate for and serve HTTPS under; empty: no HTTPS
	HTTPS          string   // host:port of HTTPS, when there is a domain
	RedirectHTTP   string   // host:port that leads to HTTPS and answers the authority; empty: none
	Authority      string   // the ACME directory's URL; empty: Let's Encrypt's
	AuthorityEmail string   // whom the authority writes to; may be empty
	MaxUpload      int64    // bytes of one upload
	MaxStorage     int64    // bytes that are kept or promised, all together; 0: no limit
	CacheBytes     int64    // memory for hot blocks
	Jobs           int      // transcodes at a time
	TrustedProxies []string // addresses and CIDRs of reverse proxies
	RequireSandbox bool     // refuse to start without one
	Review         string   // whose releases wait for a moderator: off, new or all; empty: off

	OperatorName    string // who runs the node, for its about page
	OperatorContact string // an e-mail address, an https:// address, or words
	OperatorRules   string // what may be published, plain text
	Version         string

	Profile      transcode.Profile // of what is published here; Standard where it has no name
	BlockTimeout time.Duration     // how long a block is waited for from peers; 20 s
	PinPause     time.Duration     // before a pin that nobody has is tried again; 5 s
}

// Where is where the node's data lies.
func (c Config) Where() Where {
	return Where{Data: c.Data, Shared: c.Shared, Blocks: c.Blocks, Database: c.Database}
}

// Validate lists all faults of the settings at once.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Data == "" {
		fault("data: no folder given")
	}
	for name, address := range map[string]string{"http": c.HTTP, "admin-http": c.AdminHTTP, "gateway-http": c.GatewayHTTP, "https": c.HTTPS, "redirect-http": c.RedirectHTTP} {
		needed := name == "http" || name == "https" && c.Domain != ""
		if _, _, err := net.SplitHostPort(address); err != nil && (address != "" || needed) {
			fault("%s: %q is not host:port", name, address)
		}
	}
	if c.Domain != "" {
		if err := c.certificates("").Validate(); err != nil {
			fault("domain: %w", err)
		}
	}
	if _, err := p2p.ParseListen(c.P2P); err != nil {
		fault("p2p: %w", err)
	}
	if _, err := p2p.ParsePeers(c.Bootstrap); err != nil {
		fault("bootstrap: %w", err)
	}
	if _, err := parseBitrate(c.EgressLimit); err != nil {
		fault("egress-limit: %w", err)
	}
	if scheme, _, _ := strings.Cut(c.Database, ":"); scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql" {
		fault("database: use sqlite or postgres://…") // what was given may hold a password
	}
	if err := c.Where().fault(); err != nil {
		fault("shared: %w", err)
	}
	if !c.Role.valid() {
		fault("role: %q is none of all, web and worker", c.Role)
	}
	if c.Registration != "" && !web.Registration(c.Registration).Valid() {
		fault("registration: %q is none of off, open and approval", c.Registration)
	}
	if c.Gateway != "" && c.Gateway != "known" && c.Gateway != "open" {
		fault("gateway: %q is neither known nor open", c.Gateway)
	}
	if c.Review != "" && !models.Review(c.Review).Valid() {
		fault("review: %q is none of off, new and all", c.Review)
	}
	if len(c.OperatorName) > 200 || len(c.OperatorContact) > 500 || len(c.OperatorRules) > 20_000 {
		fault("operator-name, operator-contact, operator-rules: at most 200, 500 and 20000 bytes")
	}
	if c.MaxStorage < 0 {
		fault("max-storage must not be below zero")
	}
	if err := (gateway.Config{PublicHosts: c.GatewayHosts, TrustedProxies: c.TrustedProxies}).Validate(); err != nil {
		fault("gateway-host, trusted-proxies: %w", err)
	}
	if public, err := url.Parse(c.PublicURL); err == nil && slices.Contains(c.GatewayHosts, public.Hostname()) {
		fault("gateway-host: %q is where the player is; strangers' pages need a host of their own", public.Hostname())
	}
	if c.MaxUpload <= 0 || c.CacheBytes < 0 || c.Jobs <= 0 {
		fault("max-upload, cache and jobs must be above zero")
	}
	if len(faults) == 0 {
		return nil
	}
	return models.NewFault(models.ErrInvalid, "bad_settings", "These settings are wrong:\n  "+strings.ReplaceAll(errors.Join(faults...).Error(), "\n", "\n  "))
}
