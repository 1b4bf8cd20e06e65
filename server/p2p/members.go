package p2p

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"golang.org/x/sync/errgroup"
)

const (
	// meetEvery is how often the list of members is read.
	meetEvery = 3 * time.Second
	// memberTime bounds one question to a member: it answers from its disk.
	memberTime = 3 * time.Second
	// restTime is how long a member is not asked that did not answer in time.
	restTime = 10 * time.Second
)

// members are the servers that act as one with this one, as they were last read.
type members struct {
	list     func() ([]string, error) // nil: this node is alone
	patience time.Duration            // memberTime

	mu      sync.Mutex
	at      time.Time
	byID    map[peer.ID]peer.AddrInfo
	resting map[peer.ID]time.Time // until when
}

// rest keeps questions from a member for a while.
func (m *members) rest(id peer.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.resting == nil {
		m.resting = map[peer.ID]time.Time{}
	}
	m.resting[id] = time.Now().Add(restTime)
}

func (m *members) rests(id peer.ID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.resting[id]
	if ok && time.Now().After(until) {
		delete(m.resting, id)
		ok = false
	}
	return ok
}

// known returns the members, from a list that is not older than age.
func (m *members) known(age time.Duration) map[peer.ID]peer.AddrInfo {
	if m.list == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) < age {
		return m.byID
	}
	addrs, err := m.list()
	if err != nil {
		return m.byID // a folder that cannot be read for a moment makes nobody a stranger
	}
	infos, err := ParsePeers(addrs)
	if err != nil {
		return m.byID
	}
	m.at, m.byID = time.Now(), make(map[peer.ID]peer.AddrInfo, len(infos))
	for _, info := range infos {
		m.byID[info.ID] = info
	}
	return m.byID
}

// has reports whether a peer is a member. A peer that is not on the list makes
// it be read again, at most once a second: a new member may ask at once.
func (m *members) has(id peer.ID) bool {
	if _, ok := m.known(meetEvery)[id]; ok {
		return true
	}
	_, ok := m.known(time.Second)[id]
	return ok
}

// meet stays connected with the members until ctx ends.
func (n *Node) meet(ctx context.Context) {
	if n.members.list == nil {
		return
	}
	t := time.NewTicker(meetEvery)
	defer t.Stop()
	for {
		var all errgroup.Group
		for id, info := range n.members.known(0) {
			if id == n.host.ID() || n.connected(id) {
				continue
			}
			n.reach.trust(info)
			n.host.ConnManager().Protect(id, keepTag)
			n.host.Peerstore().AddAddrs(id, info.Addrs, peerstore.ConnectedAddrTTL)
			all.Go(func() error { return n.connect(ctx, info) })
		}
		if err := all.Wait(); err != nil {
			n.log.Debug("p2p: a member does not answer", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
