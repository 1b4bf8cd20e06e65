package gateway

import (
	"fmt"
	"net/netip"

	"runnel/models"
)

// parseProxies reads addresses and CIDRs.
func parseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err != nil {
				return nil, fmt.Errorf("gateway: %w: trusted proxy %q is neither an address nor a CIDR", models.ErrInvalid, text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// isProxy reports whether a peer may say for which host and scheme a request
// came: a proxy on this machine, or one that the operator named. A page cannot
// make a browser on this machine say it: no preflight allows these headers.
func (g *Gateway) isProxy(remote string) bool {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	a := at.Addr().Unmap()
	for _, p := range g.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return a.IsLoopback()
}
