// Package p2p is a node's place in the peer network: a libp2p host with a
// lasting identity, Bitswap (https://specs.ipfs.tech/bitswap-protocol/) over the
// node's own blocks, and a DHT that says who holds a release. It speaks Bitswap's
// standard protocol identifiers, so that any IPFS node can fetch from it and be
// fetched from; the DHT is Runnel's own.
//
// A block is asked of the peers that are connected: who sent blocks of the same
// release before, then all. Only when they do not have it is the DHT asked, for
// the release's root; it may be censored, and a release must not depend on it.
//
// Nothing here calls a public service: there is no default bootstrap peer, no
// relay, no STUN server and no port mapping unless the caller asks for them.
// A node starts and works with no peer reachable.
//
// Blocks go out only while Config.Servable says so; the question is asked again
// at the moment the bytes are read. Blocks come in verified and are handed to
// the caller: nothing fetched is stored here.
package p2p
