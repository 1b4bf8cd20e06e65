// Package delivery finds the bytes that somebody wants to see: in memory, among
// the blocks on disk, at peers, in that order. However many ask for a missing
// block at once, it is fetched once; whoever gives up does not take it from the
// others. Nothing leaves this package that was not hashed: the block store
// hashes what it reads, what peers send is hashed here, and only then may the
// cache hold it. What comes from peers stays in memory; keeping it on disk is a
// pin's business, but for a damaged block of the node's own, which is healed in
// place as soon as a peer supplies its bytes.
//
// Whether somebody may have a block is not asked here: callers do.
package delivery
