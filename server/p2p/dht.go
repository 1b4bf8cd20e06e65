package p2p

import (
	"fmt"

	"github.com/ipfs/boxo/ipns"
	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/namespace"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	record "github.com/libp2p/go-libp2p-record"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// dhtPrefix names Runnel's own DHT, "/runnel/kad/1.0.0". The public one of IPFS
// is neither joined nor needed.
const dhtPrefix = "/runnel"

// newDHT starts the node's part of the DHT. It has no bootstrap peers of its
// own: whoever is connected and speaks it is taken in. A node that turns out
// not to be reachable from outside only asks.
func newDHT(h host.Host, r *reach, store ds.Batching, quota *quota) (*dht.IpfsDHT, error) {
	opts := []dht.Option{
		dht.ProtocolPrefix(dhtPrefix),
		dht.Mode(dht.ModeAutoServer),
		dht.Datastore(namespace.Wrap(store, ds.NewKey("dht"))),
		dht.Validator(record.NamespacedValidator{
			"pk":   record.PublicKeyValidator{},
			"ipns": ipns.Validator{KeyBook: h.Peerstore()},
		}),
		dht.AddressFilter(r.told),
		dht.OnRequestHook(quota.check),
	}
	if r.public {
		opts = append(opts, dht.QueryFilter(dht.PublicQueryFilter), dht.RoutingTableFilter(func(_ any, p peer.ID) bool {
			return reachedPublicly(h, r, p)
		}))
	}
	d, err := dht.New(h, opts...)
	if err != nil {
		return nil, fmt.Errorf("p2p: DHT: %w", err)
	}
	return d, nil
}

// reachedPublicly reports whether p can be dialled at a public address, so that
// nodes behind a router, which others could not ask, stay out of the table.
func reachedPublicly(h host.Host, r *reach, p peer.ID) bool {
	if h.Network().Connectedness(p) != network.Connected {
		return false
	}
	for _, a := range h.Peerstore().Addrs(p) {
		if r.global(a) || r.trusts(p, a) {
			return true
		}
	}
	return false
}
