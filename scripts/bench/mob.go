package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	manet "github.com/multiformats/go-multiaddr/net"
)

// order says whom a mob attacks, and with what.
type order struct {
	Victim peer.AddrInfo
	Wanted []cid.Cid // blocks that it has
	Foes   int       // peers that attack
	Kinds  int       // a bit for each evil
	Silent int       // connections beside them that say nothing
}

// deeds count what a mob did.
type deeds struct {
	Connected int64 // connections that were made
	Sent      int64 // messages and streams that were begun
	Bytes     int64 // of messages, that were written
}

// mob are the foes of one node.
type mob struct {
	order
	evil                   *evil
	connected, sent, bytes atomic.Int64
}

func newMob(o order) (*mob, error) {
	e, err := newEvil(o.Wanted)
	return &mob{order: o, evil: e}, err
}

// run attacks until ctx ends.
func (m *mob) run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range m.Foes {
		if m.Kinds>>(i%6)&1 == 1 {
			all.Go(func() { m.attack(ctx, i) })
		}
	}
	_, addr, err := manet.DialArgs(m.Victim.Addrs[0])
	if err != nil {
		return
	}
	for i := range m.Silent {
		all.Go(func() { m.stare(ctx, home(i), addr) })
	}
}

func (m *mob) did() deeds {
	return deeds{Connected: m.connected.Load(), Sent: m.sent.Load(), Bytes: m.bytes.Load()}
}

// stare keeps a connection open that says nothing, and opens a new one for one
// that was closed.
func (m *mob) stare(ctx context.Context, from, to string) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	for ctx.Err() == nil {
		conn, err := dialer.DialContext(ctx, "tcp4", to)
		if err == nil {
			m.connected.Add(1)
			end := context.AfterFunc(ctx, func() { _ = conn.Close() })
			for buf := make([]byte, 64); err == nil; {
				_, err = conn.Read(buf)
			}
			end()
			_ = conn.Close()
		}
		_ = wait(ctx, 10*time.Second)
	}
}

// home is the address of foe i: they come from 16.
func home(i int) string { return fmt.Sprintf("127.0.0.%d", 2+i%16) }
