// Package backup is the one file that a node is backed up to: a tar archive that
// any tar lists and unpacks, in which the node's secrets, its catalogue and, if
// wanted, its media follow each other in a fixed order, and whose last entry
// holds the SHA-256 of every byte before it.
//
// A file is written beside its name and appears there only when it is whole and
// on disk. It is read only after all of it was hashed, so that whoever restores
// from it knows that it is whole before anything is touched; and no entry's name
// is ever used as a path: it is one of a few, or a kind and an id.
package backup
