// Package delivery finds the bytes that somebody wants to see: in memory, in the
// Redis shared with other servers, among the blocks on disk, at peers, in that
// order. However many ask for a missing block at once, it is fetched once, also
// over all servers of one Redis; whoever gives up does not take it from the
// others. Nothing leaves this package that was not hashed: the block store
// hashes what it reads, what Redis and peers send is hashed here, and only then
// may the cache hold it. A large block on disk that has been hashed goes out from
// its file, without a copy, for as long as nobody touches the file; the kernel's
// cache then holds it, and ours does not. What comes from peers stays in memory;
// keeping it on disk is a pin's business, but for a damaged or lost block of the
// node's own, which is healed as soon as a peer or Redis supplies its bytes.
//
// Redis holds what is hot: blocks that were asked for twice within a window, and
// those that one server fetched from peers while others may want them too.
//
// Counters makes these metrics. Of what callers were given, by source (memory,
// redis, local, peer): runnel_delivery_served_blocks_total,
// runnel_delivery_served_bytes_total. Of what was read or received once for all
// who wait: runnel_delivery_fetched_blocks_total,
// runnel_delivery_fetched_bytes_total, and runnel_delivery_refused_blocks_total
// for wrong bytes. Without a source: runnel_delivery_memory_misses_total,
// runnel_delivery_coalesced_total (requests that joined a fetch under way),
// runnel_delivery_handed_over_total (blocks that another server fetched while
// this one waited), runnel_delivery_ahead_blocks_total (fetched ahead),
// runnel_delivery_healed_blocks_total.
//
// Whether somebody may have a block is not asked here: callers do.
package delivery
