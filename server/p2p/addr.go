package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"runnel/models"
)

// DefaultListen returns TCP and QUIC on port 4001 of every IPv4 interface.
func DefaultListen() []ma.Multiaddr {
	return []ma.Multiaddr{
		ma.StringCast("/ip4/0.0.0.0/tcp/4001"),
		ma.StringCast("/ip4/0.0.0.0/udp/4001/quic-v1"),
	}
}

// ParseListen turns settings into addresses to listen on. An address that is
// no multiaddr is models.ErrInvalid and named.
func ParseListen(addrs []string) ([]ma.Multiaddr, error) {
	out := make([]ma.Multiaddr, 0, len(addrs))
	for _, s := range addrs {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("p2p: %q is not a multiaddr: %w", s, models.ErrInvalid)
		}
		out = append(out, a)
	}
	return out, nil
}

// ParsePeers turns addresses that end in /p2p/<peer id> into peers; several
// addresses of one peer become one entry. A bad address is models.ErrInvalid
// and named.
func ParsePeers(addrs []string) ([]peer.AddrInfo, error) {
	parsed, err := ParseListen(addrs)
	if err != nil {
		return nil, err
	}
	for i, a := range parsed {
		if _, err := peer.AddrInfoFromP2pAddr(a); err != nil {
			return nil, fmt.Errorf("p2p: %q does not end in /p2p/<peer id>: %w", addrs[i], models.ErrInvalid)
		}
	}
	peers, err := peer.AddrInfosFromP2pAddrs(parsed...)
	if err != nil {
		return nil, fmt.Errorf("p2p: %w: %w", err, models.ErrInvalid)
	}
	return peers, nil
}
