package p2p

import "github.com/libp2p/go-libp2p/p2p/muxer/yamux"

// streamWindow is how much a peer may send on a new stream before it is told
// more. Each message with a block is a new stream, and with the protocol's
// 256 KiB its sender stands still twice in a block of 700 KB; more than this
// gains nothing. The resource manager is told of the protocol's alone: what
// arrives is read at once, and what is read is counted (see bounded).
const streamWindow = 512 << 10

// newMuxer makes what carries many streams on one connection.
func newMuxer() *yamux.Transport {
	t := *yamux.DefaultTransport
	t.InitialStreamWindowSize = streamWindow
	return &t
}
