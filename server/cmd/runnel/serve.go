package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"runnel/server"
)

type serveCommand struct {
	dataFlag
	storageFlag
	Role           string   `help:"What this server does: all; web takes uploads and serves; worker transcodes and answers on --admin-http only." default:"all" enum:"all,web,worker" env:"RUNNEL_ROLE"`
	HTTP           string   `name:"http" help:"Where API, player and media answer." default:"127.0.0.1:8080" env:"RUNNEL_HTTP" placeholder:"ADDR"`
	AdminHTTP      string   `name:"admin-http" help:"Where /metrics, detailed /readyz and profiles (/debug/pprof) answer; empty: nowhere." default:"127.0.0.1:8082" env:"RUNNEL_ADMIN_HTTP" placeholder:"ADDR"`
	P2P            []string `name:"p2p" help:"Where peers reach this node; TCP and QUIC on 4001 when not given, or on a free port if that is taken." env:"RUNNEL_P2P" placeholder:"MULTIADDR"`
	Bootstrap      []string `help:"Peers to stay connected with." env:"RUNNEL_BOOTSTRAP" placeholder:"MULTIADDR"`
	LAN            *bool    `name:"lan" negatable:"" help:"Whether this node lives on a local network: it finds its neighbours there, and dials and tells private addresses. When not given: yes, unless it listens on a public address or --public-url names a public host." env:"RUNNEL_LAN"`
	EgressLimit    string   `name:"egress-limit" help:"How fast blocks are sent to peers at most, like 20Mbit/s; viewers over HTTP are not held back." env:"RUNNEL_EGRESS_LIMIT" placeholder:"BITRATE"`
	Registration   string   `help:"Whether people make accounts by themselves: off, open, or approval (an administrator lets them in)." default:"off" enum:"off,open,approval" env:"RUNNEL_REGISTRATION"`
	Redis          string   `help:"A cache of hot blocks that several servers share." env:"RUNNEL_REDIS" placeholder:"URL"`
	GatewayHTTP    string   `name:"gateway-http" help:"Where the IPFS gateway answers; empty: nowhere." default:"127.0.0.1:8081" env:"RUNNEL_GATEWAY_HTTP" placeholder:"ADDR"`
	Gateway        string   `help:"What the IPFS gateway serves: known (what this node publishes or was told to pin) or open (anything that peers have)." default:"known" enum:"known,open" env:"RUNNEL_GATEWAY"`
	GatewayHosts   []string `name:"gateway-host" help:"Names under which the IPFS gateway is reached, beside localhost; each root is an origin below them (CID.ipfs.NAME). Not the player's own." env:"RUNNEL_GATEWAY_HOST" placeholder:"NAME"`
	PublicURL      string   `name:"public-url" help:"How browsers reach this node." env:"RUNNEL_PUBLIC_URL" placeholder:"URL"`
	Domain         string   `help:"Serve HTTPS under this name, with a certificate got and renewed by ACME; giving it means agreeing to the authority's terms." env:"RUNNEL_DOMAIN" placeholder:"NAME"`
	HTTPS          string   `name:"https" help:"Where HTTPS answers when there is a --domain." default:":443" env:"RUNNEL_HTTPS" placeholder:"ADDR"`
	RedirectHTTP   string   `name:"redirect-http" help:"Where plain HTTP leads to HTTPS and the certificate authority's questions are answered when there is a --domain; empty: nowhere (then they come to HTTPS)." default:":80" env:"RUNNEL_REDIRECT_HTTP" placeholder:"ADDR"`
	Authority      string   `name:"acme" help:"The certificate authority's ACME directory; Let's Encrypt's when empty." env:"RUNNEL_ACME" placeholder:"URL"`
	AuthorityEmail string   `name:"acme-email" help:"Whom the certificate authority writes to." env:"RUNNEL_ACME_EMAIL" placeholder:"EMAIL"`
	MaxUpload      int64    `name:"max-upload" help:"The largest upload, in bytes." default:"53687091200" env:"RUNNEL_MAX_UPLOAD" placeholder:"BYTES"`
	Cache          int64    `help:"Memory for hot blocks, in bytes." default:"134217728" env:"RUNNEL_CACHE" placeholder:"BYTES"`
	Jobs           int      `help:"Transcodes at a time." default:"1" env:"RUNNEL_JOBS" placeholder:"N"`
	TrustedProxies []string `name:"trusted-proxies" help:"Reverse proxies whose word on a client's address, and at the gateway on host and scheme, counts." env:"RUNNEL_TRUSTED_PROXIES" placeholder:"CIDR"`
	RequireSandbox bool     `name:"require-sandbox" help:"Refuse to start where ffmpeg cannot be locked in." env:"RUNNEL_REQUIRE_SANDBOX"`
	Review         string   `help:"Whose releases others see only once a moderator has approved them: off (nobody's), new (of accounts of which nothing is published yet) or all. Moderators' own never wait." default:"off" enum:"off,new,all" env:"RUNNEL_REVIEW"`
	OperatorName   string   `name:"operator-name" help:"Who runs this node; shown on its about page." env:"RUNNEL_OPERATOR_NAME" placeholder:"NAME"`
	OperatorAt     string   `name:"operator-contact" help:"Where to reach them: an e-mail address, an https:// address, or words." env:"RUNNEL_OPERATOR_CONTACT" placeholder:"TEXT"`
	OperatorRules  string   `name:"operator-rules" help:"What may be published here, in a few plain paragraphs." env:"RUNNEL_OPERATOR_RULES" placeholder:"TEXT"`
	LogLevel       string   `name:"log-level" help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"RUNNEL_LOG_LEVEL"`
}

// Run runs a node until it is told to stop.
func (c serveCommand) Run(ctx context.Context) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	node, err := server.New(ctx, server.Config{
		Data: c.Data, Shared: c.Shared, Blocks: c.Blocks, Role: server.Role(c.Role), HTTP: c.HTTP, AdminHTTP: c.AdminHTTP, Database: c.Database,
		P2P: c.P2P, Bootstrap: c.Bootstrap, LAN: c.LAN, EgressLimit: c.EgressLimit,
		Registration: c.Registration, Redis: c.Redis, GatewayHTTP: c.GatewayHTTP, Gateway: c.Gateway, GatewayHosts: c.GatewayHosts,
		PublicURL: c.PublicURL, Domain: c.Domain, HTTPS: c.HTTPS, RedirectHTTP: c.RedirectHTTP, Authority: c.Authority, AuthorityEmail: c.AuthorityEmail,
		MaxUpload: c.MaxUpload, MaxStorage: c.MaxStorage, CacheBytes: c.Cache, Jobs: c.Jobs,
		TrustedProxies: c.TrustedProxies, RequireSandbox: c.RequireSandbox,
		Review: c.Review, OperatorName: c.OperatorName, OperatorContact: c.OperatorAt, OperatorRules: c.OperatorRules, Version: version,
	}, log)
	if err != nil {
		return err
	}
	if c.Role == string(server.RoleWorker) {
		fmt.Println("Runnel works here and serves no pages")
	} else {
		fmt.Printf("Runnel is at %s\n", node.URL())
	}
	if link := node.SetupLink(); link != "" {
		fmt.Printf("Set the owner's password here, once:\n  %s\n", link)
	}
	return node.Run(ctx)
}
