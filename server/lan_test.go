package server

import (
	"testing"

	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
)

func TestOnLAN(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		lan        *bool
		url, addr  string
		lives, say string
	}{
		{nil, "", "/ip4/127.0.0.1/tcp/1", "lan", "loopback"},
		{nil, "", "/ip4/192.168.1.2/tcp/1", "lan", "a private address"},
		{nil, "", "/ip4/8.8.8.8/tcp/1", "public", "a public address"},
		{nil, "https://video.example", "/ip4/10.0.0.1/tcp/1", "public", "behind a router, with a public name"},
		{nil, "http://media.local:8080", "/ip4/10.0.0.1/tcp/1", "lan", "a name of the local network"},
		{nil, "http://nas:8080", "/ip4/10.0.0.1/tcp/1", "lan", "a bare name"},
		{nil, "http://192.168.1.2:8080", "/ip4/10.0.0.1/tcp/1", "lan", "a private URL"},
		{nil, "http://[2606:4700::1]/", "/ip4/10.0.0.1/tcp/1", "public", "a public URL"},
		{&yes, "https://video.example", "/ip4/8.8.8.8/tcp/1", "lan", "told so"},
		{&no, "", "/ip4/127.0.0.1/tcp/1", "public", "told otherwise"},
	} {
		s := &Server{cfg: Config{LAN: c.lan}, publicURL: c.url}
		require.Equal(t, c.lives == "lan", s.onLAN([]ma.Multiaddr{ma.StringCast(c.addr)}), c.say)
	}
}
