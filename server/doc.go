// Package server is what a running node is made of. New wires the parts, top to
// bottom; Run owns every goroutine; Close gives everything back. Folder is the
// data folder without a node, for commands.
package server
