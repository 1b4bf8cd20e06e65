package server

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"runnel/models/catalog"
	"runnel/server/web"
)

// overview is the node as its administrators see it.
type overview struct{ s *Server }

// Disk tells about the file system of the block files.
func (o overview) Disk() (web.DiskInfo, error) {
	free, total, err := o.s.folder.Blocks.Disk()
	return web.DiskInfo{Free: free, Total: total}, err
}

// Neighbours are the connected peers.
func (o overview) Neighbours() []web.Neighbour {
	peers := o.s.peers.Peers()
	out := make([]web.Neighbour, 0, len(peers))
	for _, p := range peers {
		out = append(out, web.Neighbour{ID: p.ID, Addrs: p.Addrs, Agent: p.Agent, Direction: p.Direction, LatencyMS: p.LatencyMS, Kept: p.Kept})
	}
	return out
}

// JobList are the jobs that have not ended.
func (o overview) JobList(ctx context.Context) ([]catalog.JobLine, error) {
	return o.s.folder.Catalog.JobList(ctx)
}

// Settings are the settings in force, under the names of their flags. Passwords
// in addresses are left out.
func (o overview) Settings() []web.Setting {
	c, where := o.s.cfg, o.s.cfg.Where()
	lan := "by where the node listens"
	if c.LAN != nil {
		lan = fmt.Sprint(*c.LAN)
	}
	var out []web.Setting
	for _, s := range [][2]string{
		{"acme", c.Authority}, {"admin-http", c.AdminHTTP}, {"blocks", where.Blocks}, {"bootstrap", strings.Join(c.Bootstrap, ", ")},
		{"cache", fmt.Sprint(c.CacheBytes)}, {"data", c.Data}, {"database", withoutPassword(c.Database)}, {"domain", c.Domain},
		{"egress-limit", c.EgressLimit}, {"gateway", c.Gateway}, {"gateway-host", strings.Join(c.GatewayHosts, ", ")}, {"gateway-http", c.GatewayHTTP},
		{"http", c.HTTP}, {"https", c.HTTPS}, {"jobs", fmt.Sprint(c.Jobs)}, {"lan", lan}, {"max-storage", fmt.Sprint(c.MaxStorage)},
		{"max-upload", fmt.Sprint(c.MaxUpload)}, {"p2p", strings.Join(c.P2P, ", ")}, {"public-url", o.s.publicURL}, {"redirect-http", c.RedirectHTTP},
		{"redis", withoutPassword(c.Redis)}, {"registration", c.Registration}, {"require-sandbox", fmt.Sprint(c.RequireSandbox)},
		{"role", string(c.Role)}, {"shared", where.shared()}, {"trusted-proxies", strings.Join(c.TrustedProxies, ", ")},
	} {
		out = append(out, web.Setting{Name: s[0], Value: s[1]})
	}
	return out
}

// withoutPassword is a URL as it may be shown. One that cannot be read is not
// shown at all, nor are its parameters, which may hold a password too.
func withoutPassword(raw string) string {
	if !strings.Contains(raw, "://") {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "(an address)"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}
