package p2p

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/sync/errgroup"
)

const (
	// maxRemembered is how many good peers are kept for the next start.
	maxRemembered = 200
	// maxPeerAddrs bounds the addresses kept of one.
	maxPeerAddrs = 8
	// rememberEvery is how often they are written down.
	rememberEvery = time.Minute
	// enoughPeers ends the dialling of remembered peers.
	enoughPeers = 16
)

// peersKey is above one row a peer.
const peersKey = "/peers"

// acquaintance is a peer that was good once.
type acquaintance struct {
	Addrs []string  `json:"addrs"`
	Seen  time.Time `json:"seen"` // when it was last connected
}

// remember writes down who is connected now and could be dialled again: peers
// that were dialled by this node, whose addresses are therefore known to work.
func (n *Node) remember(ctx context.Context, now time.Time) error {
	batch, err := n.store.Batch(ctx)
	if err != nil {
		return fmt.Errorf("p2p: remember peers: %w", err)
	}
	for _, p := range n.host.Network().Peers() {
		addrs := n.dialled(p)
		if len(addrs) == 0 || n.isKept(p) {
			continue
		}
		row, err := json.Marshal(acquaintance{Addrs: addrs, Seen: now.UTC()})
		if err == nil {
			err = batch.Put(ctx, peerKey(p), row)
		}
		if err != nil {
			return fmt.Errorf("p2p: remember peers: %w", err)
		}
	}
	if err := batch.Commit(ctx); err != nil {
		return fmt.Errorf("p2p: remember peers: %w", err)
	}
	return n.forgetOldest(ctx)
}

// dialled returns the addresses at which p answered this node.
func (n *Node) dialled(p peer.ID) (addrs []string) {
	for _, c := range n.host.Network().ConnsToPeer(p) {
		if c.Stat().Direction == network.DirOutbound && len(addrs) < maxPeerAddrs {
			addrs = append(addrs, c.RemoteMultiaddr().String())
		}
	}
	return addrs
}

func peerKey(p peer.ID) ds.Key { return ds.NewKey(peersKey).ChildString(p.String()) }

// known is a row read back.
type known struct {
	info peer.AddrInfo
	seen time.Time
}

// remembered returns the peers written down, the one seen last first. A row
// that cannot be read is passed over.
func (n *Node) remembered(ctx context.Context) ([]known, error) {
	var all []known
	for row, err := range ds.QueryIter(ctx, n.store, query.Query{Prefix: peersKey}) {
		if err != nil {
			return nil, fmt.Errorf("p2p: remembered peers: %w", err)
		}
		var a acquaintance
		id, err := peer.Decode(ds.RawKey(row.Key).Name())
		if err != nil || json.Unmarshal(row.Value, &a) != nil {
			continue
		}
		k := known{info: peer.AddrInfo{ID: id}, seen: a.Seen}
		for _, s := range a.Addrs {
			if addr, err := ma.NewMultiaddr(s); err == nil {
				k.info.Addrs = append(k.info.Addrs, addr)
			}
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b known) int { return b.seen.Compare(a.seen) })
	return all, nil
}

func (n *Node) forgetOldest(ctx context.Context) error {
	all, err := n.remembered(ctx)
	if err != nil || len(all) <= maxRemembered {
		return err
	}
	for _, k := range all[maxRemembered:] {
		if err := n.store.Delete(ctx, peerKey(k.info.ID)); err != nil {
			return fmt.Errorf("p2p: forget peers: %w", err)
		}
	}
	return nil
}

// meetAgain dials remembered peers, a few at a time, until there are enough.
// One that does not answer is no error: it may be up tomorrow.
func (n *Node) meetAgain(ctx context.Context) {
	all, err := n.remembered(ctx)
	if err != nil {
		n.log.Warn("p2p: peers of earlier days are forgotten", "err", err)
		return
	}
	var dials errgroup.Group
	dials.SetLimit(dialsAtOnce)
	for _, k := range all {
		if ctx.Err() != nil || len(n.host.Network().Peers()) >= enoughPeers {
			break
		}
		dials.Go(func() error {
			if err := n.connect(ctx, k.info); err != nil {
				n.log.Debug("p2p: a remembered peer does not answer", "peer", k.info.ID.String(), "err", err)
			}
			return nil
		})
	}
	_ = dials.Wait() // none returns an error
}

// keepMemory writes down the connected peers until ctx ends, and once more then.
func (n *Node) keepMemory(ctx context.Context) {
	tick := time.NewTicker(rememberEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			ctx = last
		case <-tick.C:
		}
		if err := n.remember(ctx, time.Now()); err != nil {
			n.log.Warn("p2p: cannot write down who is connected", "err", err)
		}
		if _, over := ctx.Deadline(); over {
			return
		}
	}
}
