// Package pinning keeps releases on this node because somebody asked. A pin is
// fetched whole, block by block as they are verified and synced, and counts as
// held only after models/blockset has proved its author and every byte; then
// the list of its blocks, the pin, and what may go out change in one
// transaction.
//
// Every step can be cut off: blocks that arrived stay, recorded so that the
// garbage collector leaves them, and the next attempt fetches what is missing.
// Removing a pin removes only its record; the collector frees the blocks that
// nothing else holds.
package pinning
