package p2p

import (
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

const someID = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"

func TestParsePeers(t *testing.T) {
	peers, err := ParsePeers([]string{
		"/ip4/127.0.0.1/tcp/4001/p2p/" + someID,
		"/dns4/example.org/udp/4001/quic-v1/p2p/" + someID,
	})
	require.NoError(t, err)
	require.Len(t, peers, 1)
	require.Len(t, peers[0].Addrs, 2)
	require.Equal(t, someID, peers[0].ID.String())

	for _, bad := range []string{"", "localhost:4001", "/ip4/127.0.0.1/tcp/4001", "/p2p/x", "/ip4/300.0.0.1/tcp/1/p2p/" + someID} {
		_, err := ParsePeers([]string{bad})
		require.ErrorIs(t, err, models.ErrInvalid, bad)
	}
}

func FuzzParsePeers(f *testing.F) {
	f.Add("/ip4/127.0.0.1/tcp/4001/p2p/" + someID)
	f.Add("/dnsaddr/example.org/p2p/" + someID)
	f.Add("/p2p/" + someID + "/p2p-circuit")
	f.Fuzz(func(t *testing.T, s string) {
		peers, err := ParsePeers([]string{s})
		if err != nil {
			require.ErrorIs(t, err, models.ErrInvalid)
			return
		}
		require.Len(t, peers, 1)
		require.NoError(t, peers[0].ID.Validate())
	})
}
