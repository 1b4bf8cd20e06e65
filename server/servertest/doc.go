// Package servertest runs whole nodes in one process, on loopback, each with its
// own data folder: real peers, real transcodes of short clips by a small ladder,
// real HTTP. What a test asks of a node it asks by HTTP or by Bitswap, as
// strangers do. A node that is killed ends as by SIGTERM; what SIGKILL leaves
// behind is tested with the binary.
package servertest
