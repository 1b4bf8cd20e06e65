package web

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/prometheus/client_golang/prometheus"

	"runnel/models"
)

// Config is the HTTP face's settings. Zero values mean the defaults named at
// each field.
type Config struct {
	PublicURL      string // absolute, no path: what links, cookies and origins are made of; required
	Secret         []byte // the node's secret, 32 bytes; required
	Version        string
	About          About
	TrustedProxies []string // CIDRs whose X-Forwarded-For counts; none

	Pages        fs.FS                // the built web app: index.html and assets/; required
	Password     *argon2id.Params     // PasswordParams()
	Now          func() time.Time     // time.Now
	Poll         time.Duration        // how often an event stream reads the release's row; 250 ms
	Beat         time.Duration        // heartbeat of event streams; 15 s
	Streams      int                  // event streams at a time; 1000
	Exports      int                  // archives being sent at a time; 16
	Uploads      int                  // creations of one account a minute; 300
	MaxSize      int64                // bytes of one upload, announced as Tus-Max-Size; required
	Registration Registration         // whether people make accounts by themselves; off
	Registry     *prometheus.Registry // the node's metrics; a new one
}

// Deps are the node's other parts, each by what this package needs of it.
type Deps struct {
	Accounts   Accounts
	Sessions   Sessions
	Tokens     Tokens
	Setup      Setup
	Releases   Releases
	Desk       Desk
	Reports    Reports
	Queue      Queue
	Trail      Trail
	Moderators Moderators
	Jobs       Jobs
	Growing    Growing
	Roots      Roots
	Uploads    Uploads
	Studio     Studio
	Beside     Beside
	Limits     Limits
	Figures    Figures
	Tus        http.Handler // spool.NewHandler at /api/v1/uploads; the Owner is put into the context here
	Delivery   Delivery
	Archives   Archives
	Pins       Pins
	Counter    Counter // of the limits; nil: each server counts for itself
	Once       Once    // of plays; nil: each server counts for itself
	People     People
	Overview   Overview
	Node       func() NodeInfo
	Parts      []Part
	Log        *slog.Logger

	Collections Collections
	Curation    Curation
	Orders      Orders
	Channels    Channels
	Follows     Follows
	Plays       Plays
	Sizes       Sizes
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Poll <= 0 {
		c.Poll = 250 * time.Millisecond
	}
	if c.Beat <= 0 {
		c.Beat = 15 * time.Second
	}
	if c.Streams <= 0 {
		c.Streams = 1000
	}
	if c.Exports <= 0 {
		c.Exports = 16
	}
	if c.Uploads <= 0 {
		c.Uploads = 300
	}
	if c.Registration == "" {
		c.Registration = RegistrationOff
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	return c
}

// Validate lists all faults of the settings at once.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("web: %w: "+format, append([]any{models.ErrInvalid}, args...)...))
	}
	if _, err := parsePublic(c.PublicURL); err != nil {
		fault("public URL %q: %w", c.PublicURL, err)
	}
	if len(c.Secret) < 32 {
		fault("the secret has %d bytes, 32 are needed", len(c.Secret))
	}
	if c.MaxSize <= 0 {
		fault("no largest size of an upload")
	}
	if c.Registration != "" && !c.Registration.Valid() {
		fault("registration %q is none of off, open and approval", c.Registration)
	}
	if c.Pages == nil {
		fault("no pages")
	}
	for _, p := range c.TrustedProxies {
		_, err := netip.ParsePrefix(p)
		if _, aerr := netip.ParseAddr(p); err != nil && aerr != nil {
			fault("trusted proxy %q: %w", p, err)
		}
	}
	return errors.Join(faults...)
}

func parsePublic(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("it must be http://… or https://…")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return nil, errors.New("it must name a host only, without path, query or user")
	}
	u.Path = ""
	return u, nil
}

// missing names the dependencies that were not given.
func (d Deps) missing() error {
	var faults []error
	for name, given := range map[string]bool{
		"Accounts": d.Accounts != nil, "Sessions": d.Sessions != nil, "Tokens": d.Tokens != nil, "Setup": d.Setup != nil,
		"Releases": d.Releases != nil, "Desk": d.Desk != nil, "Reports": d.Reports != nil, "Queue": d.Queue != nil, "Trail": d.Trail != nil, "Moderators": d.Moderators != nil, "Jobs": d.Jobs != nil, "Growing": d.Growing != nil,
		"Roots": d.Roots != nil, "Uploads": d.Uploads != nil, "Studio": d.Studio != nil, "Beside": d.Beside != nil, "Limits": d.Limits != nil, "Figures": d.Figures != nil, "Tus": d.Tus != nil, "Delivery": d.Delivery != nil, "Archives": d.Archives != nil,
		"Pins": d.Pins != nil, "People": d.People != nil, "Overview": d.Overview != nil, "Node": d.Node != nil, "Log": d.Log != nil,
		"Collections": d.Collections != nil, "Curation": d.Curation != nil, "Orders": d.Orders != nil, "Channels": d.Channels != nil,
		"Follows": d.Follows != nil, "Plays": d.Plays != nil, "Sizes": d.Sizes != nil,
	} {
		if !given {
			faults = append(faults, fmt.Errorf("web: %w: no %s given", models.ErrInvalid, name))
		}
	}
	return errors.Join(faults...)
}
