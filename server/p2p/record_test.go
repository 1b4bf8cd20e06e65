package p2p

import (
	"testing"
	"time"

	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/path"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// TestRecord: a record that one node was given is found by another one, newer
// ones before older ones, and forged ones never.
func TestRecord(t *testing.T) {
	t.Parallel()
	key, _, err := crypto.GenerateEd25519Key(nil)
	require.NoError(t, err)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	name := ipns.NameFromPeer(id)
	signed := func(by crypto.PrivKey, seq uint64) []byte {
		target, err := path.NewPath("/ipfs/" + newBlock(t, 10).Cid().String())
		require.NoError(t, err)
		rec, err := ipns.NewRecord(by, target, seq, time.Now().Add(time.Hour), time.Minute)
		require.NoError(t, err)
		data, err := ipns.MarshalRecord(rec)
		require.NoError(t, err)
		return data
	}
	nodes := meet(t, make([]Config, 3))
	a, c := nodes[0], nodes[2]
	require.Eventually(t, func() bool { return a.dht.RoutingTable().Size() > 0 && c.dht.RoutingTable().Size() > 0 }, soon, 10*time.Millisecond)

	_, err = c.Record(t.Context(), name.String())
	require.ErrorIs(t, err, models.ErrNotFound)
	_, err = c.Record(t.Context(), "example.org")
	require.ErrorIs(t, err, models.ErrInvalid)

	for seq := range uint64(2) {
		data := signed(key, seq)
		require.NoError(t, a.dht.PutValue(t.Context(), string(name.RoutingKey()), data))
		got, err := c.Record(t.Context(), name.String())
		require.NoError(t, err)
		require.Equal(t, data, got)
	}
	other, _, err := crypto.GenerateEd25519Key(nil)
	require.NoError(t, err)
	require.Error(t, a.dht.PutValue(t.Context(), string(name.RoutingKey()), signed(other, 9)))
	require.Error(t, a.dht.PutValue(t.Context(), string(name.RoutingKey()), signed(key, 0)))
}
