package p2p

import (
	"net"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
)

const (
	// leastWindow is what the protocol lets a peer send on a new stream before it
	// is told more, and streamWindow what this node tells it at once: each message
	// with a block is a new stream, and a sender that has to wait for the window
	// stands still twice in a block of 700 KB. More gains nothing.
	leastWindow, streamWindow = 256 << 10, 512 << 10
	// windowPriority is the muxer's own for the window of a new stream: it is
	// refused only when memory is full.
	windowPriority = network.ReservationPriorityAlways
)

// muxer carries many streams on a connection, each with a window of
// streamWindow at once.
type muxer struct{ *yamux.Transport }

var _ network.Multiplexer = muxer{}

func newMuxer() muxer {
	t := *yamux.DefaultTransport
	t.InitialStreamWindowSize = streamWindow
	return muxer{&t}
}

// NewConn begins to carry streams on a connection.
func (m muxer) NewConn(c net.Conn, isServer bool, scope network.PeerScope) (network.MuxedConn, error) {
	if scope != nil {
		scope = windows{scope}
	}
	return m.Transport.NewConn(c, isServer, scope)
}

// windows counts the whole window of each stream, of which the library counts
// leastWindow.
type windows struct{ network.PeerScope }

// BeginSpan opens the account of one stream.
func (w windows) BeginSpan() (network.ResourceScopeSpan, error) {
	span, err := w.PeerScope.BeginSpan()
	if err != nil {
		return nil, err
	}
	if err := span.ReserveMemory(streamWindow-leastWindow, windowPriority); err != nil {
		span.Done()
		return nil, err
	}
	return span, nil
}
