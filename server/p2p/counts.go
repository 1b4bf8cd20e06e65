package p2p

import "sync/atomic"

// counts are what peers did that they should not, since the start.
type counts struct {
	tooLong    atomic.Uint64 // messages above maxMessage
	garbage    atomic.Uint64 // messages that are no Bitswap
	unfinished atomic.Uint64 // messages that were begun and not ended in time
	noMemory   atomic.Uint64 // messages that there was no memory for
	floods     atomic.Uint64 // peers that went on asking for what they did not get
	liars      atomic.Uint64 // peers that sent other bytes than were asked for
}
